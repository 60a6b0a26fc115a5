"""From the registry's aliases to bundles and policy.json on disk. The only room that imports mlflow."""
