"""Brings the registry's aliases to disk as bundles and policy.json. The only room that imports mlflow."""
