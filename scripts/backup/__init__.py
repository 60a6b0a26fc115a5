"""`make backup` and `make restore`: the audit, MLflow's registry and its artifacts as one archive."""
