"""The images of the platform: built, measured, scanned, started, pushed. `python -m scripts.images --help`."""
