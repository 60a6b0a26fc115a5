"""The verbs beside the daemon: status, export and verify."""
