posts
