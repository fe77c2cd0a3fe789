"""The live dashboard, on the API's own server."""
