"""What keeps the traffic from beginning; the message is all a person needs to read."""


class TrafficError(Exception):
    """There is nothing to ask, or nothing to ask it with."""
