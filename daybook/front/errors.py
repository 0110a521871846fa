"""Why the desk cannot do what was asked; every message is one line that says what to do.

DeskError
|- DeskUnreachable      no Temporal server answers
|- DeskNoAnswer         the server answers, the workers do not in time
|- DeskNotFound         there is no such day or order
|- IdempotencyConflict  an idempotency key was used before for another request
"""


class DeskError(Exception):
    """The desk cannot do what was asked; the message is one line that says what to do."""


class DeskUnreachable(DeskError):
    """No Temporal server answers."""


class DeskNoAnswer(DeskError):
    """The server answers, but the workers do not in time; what was asked may still be done."""


class DeskNotFound(DeskError):
    """There is no such day or order."""


class IdempotencyConflict(DeskError):
    """The idempotency key was used before, for another request."""
