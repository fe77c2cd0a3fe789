"""Views over the scored log that answer queries."""
