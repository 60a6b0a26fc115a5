"""Makes the virtual environment. Runs before anything is installed, so it imports the standard library alone."""
