"""Ways to call a job on many segments."""
