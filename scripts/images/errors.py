"""Errors between a Dockerfile and a registry; the message is all a person needs to read."""


class ImagesError(Exception):
    """An image could not be built, proved or pushed."""


class ProgramError(ImagesError):
    """A program that is needed is not there, or ended with an error."""


class BudgetError(ImagesError):
    """An image is larger than its budget allows, or is not built on its base."""


class FindingsError(ImagesError):
    """An image holds a known vulnerability that an update would remove."""


class RegistryError(ImagesError):
    """The registry does not hold the image that was pushed."""


class SmokeError(ImagesError):
    """The stack did not start from the built images, or did not answer as it should."""
