"""What the command line can do, a file for each family of verbs."""
