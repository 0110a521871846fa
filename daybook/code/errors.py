"""The code room's errors; what is wrong with a script is an answer (``CodeProblem``), not an error.

CodeError
|- LibraryError     a file of the shipped library cannot be used
"""


class CodeError(Exception):
    """Base of all errors of this room."""


class LibraryError(CodeError):
    """A file of the shipped library cannot be used; the text says which and why."""
