"""The platform on a Docker Swarm: `make swarm-up`, `swarm-status`, `swarm-update`, `swarm-scale`, `swarm-down`."""
