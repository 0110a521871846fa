"""What can be wrong with the input of the factor rooms.

``AdviceError`` (a ``ValueError``) is the only error of the room: its message names the input and what to change.
"""


class AdviceError(ValueError):
    """Panels, features or settings that nothing can be computed from."""
