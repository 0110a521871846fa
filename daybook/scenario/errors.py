"""What can be wrong with a scenario or its run, each with the field it is about and the way out."""


class ScenarioError(ValueError):
    """A scenario that cannot be run as asked; every error of the scenario room is one.

    Parameters
    ----------
    field : str
        The path of the input at fault, as it stands in the scenario (``constraints.max_weight``).
    message : str
        What is wrong with it, in one line.
    way_out : str
        What to change so that it runs.
    """

    def __init__(self, field: str, message: str, way_out: str = "") -> None:
        self.field = field
        self.message = message
        self.way_out = way_out
        super().__init__(f"{field}: {message}" + (f"; {way_out}" if way_out else ""))

    def __reduce__(self) -> tuple[type["ScenarioError"], tuple[str, str, str]]:
        """Survive pickling, as across worker processes."""
        return type(self), (self.field, self.message, self.way_out)
