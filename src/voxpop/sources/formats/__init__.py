"""Formats of posts: how each looks and what its fields mean."""
