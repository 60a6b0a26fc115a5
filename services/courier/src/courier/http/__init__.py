"""The courier's HTTP server: health, metrics, alerts in, labelled predictions out."""
