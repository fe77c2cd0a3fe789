(
    select
        {judged_columns}
    from drawn as posts join stances on stances.position = posts.position
    where stances.topic = $1::text
) as posts
