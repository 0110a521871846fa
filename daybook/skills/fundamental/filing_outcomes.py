"""What an error of a filing source is to the caller of a tool."""

from collections.abc import Iterator
from contextlib import contextmanager

from daybook.filings.errors import FilingError, FilingNotFound, FilingRequestError
from daybook.skills.errors import BadArguments, NoData, SourceUnavailable


@contextmanager
def as_tool_errors() -> Iterator[None]:
    """Turn the errors of ``daybook.filings`` into those of the Skill Layer; the texts stay."""
    try:
        yield
    except FilingNotFound as error:
        raise NoData(str(error)) from error
    except FilingRequestError as error:
        raise BadArguments(str(error)) from error
    except FilingError as error:
        raise SourceUnavailable(f"{error} ({error.code.value})") from error
