"""Models that others made: Hugging Face checkpoints become exported directories, once, in a cache."""
