"""Prometheus metrics and logs. The only room that imports the internals of prometheus_client."""
