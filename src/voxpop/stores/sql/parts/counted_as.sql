array_append(topics, '*')
        || case when array_length(topics, 1) > 1 then array[array_to_string(topics, '&')] else array[]::text[] end
