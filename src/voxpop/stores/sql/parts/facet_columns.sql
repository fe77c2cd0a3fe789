case $11::text when 'source' then name else '' end, case $11::text when 'country' then name else '' end,
           case $11::text when 'lang' then name else '' end
