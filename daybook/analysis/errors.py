"""What can be wrong with data to analyse.

``TooShort`` (a ``ValueError``) is the only error of the room; it says how many sessions there are and are needed.
"""


class TooShort(ValueError):
    """There are fewer sessions than a figure needs.

    Args:
        what: the figure.
        needed: sessions it needs.
        found: sessions there are.
    """

    def __init__(self, what: str, needed: int, found: int) -> None:
        self.needed = needed
        self.found = found
        super().__init__(f"{what} needs {needed} sessions, {found} exist")
