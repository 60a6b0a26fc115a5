"""Errors of the swarm's verbs; the message is all a person needs to read."""


class SwarmError(Exception):
    """The swarm is not as it should be, or Docker refused something."""
