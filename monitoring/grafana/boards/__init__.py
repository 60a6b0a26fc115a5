"""The Grafana boards as code. `make dashboards` writes them as JSON into the folder beside."""
