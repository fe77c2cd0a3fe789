-- params: now
select count(*) as due from notices where sent is null and failed is null and due <= $1::timestamptz;
