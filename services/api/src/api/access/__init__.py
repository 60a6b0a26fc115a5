"""Decides which requests enter: API keys, rate limits, admission control and fair scheduling."""
