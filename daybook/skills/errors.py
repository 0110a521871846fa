"""What can go wrong in the Skill Layer.

::

    SkillError
    ├── DeclarationError    a tool is declared wrongly; found when its module is imported
    ├── UnknownTool         a name that no tool has
    └── ToolError           what the caller of a tool may meet; carries the status of the reply
        ├── BadArguments        the arguments cannot be used together (BAD_ARGUMENTS)
        ├── NoData              there is nothing to tell (NO_DATA)
        ├── SourceUnavailable   the source is down, refuses or has no key (UNAVAILABLE)
        ├── ToolRefused         the desk refuses to do this (REFUSED)
        └── ResultTooLarge      the value does not fit a reply (TOO_LARGE)
"""

from typing import ClassVar

from daybook.contracts.tools import ToolStatus


class SkillError(Exception):
    """Base of all errors of this room."""


class DeclarationError(SkillError):
    """A tool or skill breaks a rule of declaration; the message names the function and the rule."""


class UnknownTool(SkillError):
    """No tool has this name.

    Args:
        name: what was asked for.
        near: names of tools that look like it, best first.
    """

    def __init__(self, name: str, near: tuple[str, ...] = ()) -> None:
        self.name = name
        self.near = near
        hint = f"; did you mean {', '.join(near)}?" if near else "; see: daybook tools list"
        super().__init__(f"there is no tool {name[:48]!r}{hint}")


class ToolError(SkillError):
    """An expected outcome of a tool that is no value; the message is one line for a person."""

    status: ClassVar[ToolStatus] = ToolStatus.FAILED


class BadArguments(ToolError):
    """Each argument is fine by itself, but they cannot be used together."""

    status = ToolStatus.BAD_ARGUMENTS


class NoData(ToolError):
    """There is nothing to tell for these arguments."""

    status = ToolStatus.NO_DATA


class SourceUnavailable(ToolError):
    """The source is down, refuses, or has no key; the message says what to do."""

    status = ToolStatus.UNAVAILABLE


class ToolRefused(ToolError):
    """The desk refuses to do this, and the message says why."""

    status = ToolStatus.REFUSED


class ResultTooLarge(ToolError):
    """The value does not fit a reply; the message says how to ask for less."""

    status = ToolStatus.TOO_LARGE
