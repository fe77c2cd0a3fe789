"""Statistics on counts: what the posts of a store say of what people think, and how sure that is."""
