"""Many rows answered by a bundle's own model outside of the api: the model, its columns, files and their parts."""
