"""What a running service tells those who run it: metrics, logs, traces."""
