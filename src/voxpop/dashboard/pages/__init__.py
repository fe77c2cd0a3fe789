"""The dashboard's further pages: topics, sources and the model, written by the server and changed through `/v1`."""
