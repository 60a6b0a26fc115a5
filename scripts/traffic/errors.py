"""Errors that keep the traffic from starting; the message is all a person needs to read."""


class TrafficError(Exception):
    """There is nothing to ask, or nothing to ask it with."""
