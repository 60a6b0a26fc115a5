"""The gunicorn server: master, workers, and one client's connection. The only room that imports gunicorn."""
