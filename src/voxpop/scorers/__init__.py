"""Scorers: row-wise functions from a batch of posts to their sentiment."""
