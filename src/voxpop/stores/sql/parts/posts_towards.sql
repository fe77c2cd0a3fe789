(
    select
        {judged_columns}
    from posts join stances on stances.position = posts.position
    where stances.topic = $1::text
) as posts
