"""What can go wrong in scoring.

``ScoreError``
├── ``ScoreInputError``      a person's input cannot be scored: names the field and the way out
├── ``ScoreFitError``        too little or one-sided data to fit a reference on
└── ``ScoreReferenceError``  the frozen reference data are missing or inconsistent
"""


class ScoreError(Exception):
    """The root of this room's errors."""


class ScoreInputError(ScoreError):
    """An input that cannot be scored; ``field`` names it, the message says the way out."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class ScoreFitError(ScoreError):
    """The data do not allow a fit; the message says what is missing."""


class ScoreReferenceError(ScoreError):
    """The packaged reference is missing, of another schema, or contradicts itself."""
