"""Pictures of the boards for the docs, drawn from a running platform: no browser and no Grafana needed."""
