"""The progress that a person sees while a file is scored."""


class ScoringProgress:
    """Shows no progress: for callers that watch nothing."""

    def step(self, text: str) -> None:
        """`text` is under way."""

    def note(self, text: str) -> None:
        """One line for the person."""

    def done(self, rows: int, reused: int, share: float) -> None:
        """This many rows are answered, of which `reused` were before; `share` of the source is read."""
