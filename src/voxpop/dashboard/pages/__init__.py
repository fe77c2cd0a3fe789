"""The dashboard's further pages, from alerts to labels, written by the server and changed through `/v1`."""
