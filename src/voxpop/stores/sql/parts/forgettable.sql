(received_at < $1::timestamptz
           or received_at < $2::timestamptz
           or (received_at = $2::timestamptz and post_id collate "C" <= $3::text))
