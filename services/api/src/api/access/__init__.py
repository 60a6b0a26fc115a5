"""Which requests are let in: API keys, rate limits, admission control and fair scheduling."""
