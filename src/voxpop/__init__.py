"""Voxpop measures what people say about a topic on social media, as they say it."""

__version__ = "0.1.0"
