"""X (Twitter), live and by request, over its official API v2. What it delivers is paid for, so spending is bounded."""
