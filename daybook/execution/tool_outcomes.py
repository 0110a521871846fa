"""What an error of the broker or the books is to the caller of a tool."""

from collections.abc import Iterator
from contextlib import contextmanager

from daybook.broker.port import BrokerError
from daybook.skills.errors import NoData, SourceUnavailable
from daybook.storage.errors import StorageError

_NO_SUCH_SYMBOL = "NO_SUCH_SYMBOL"


@contextmanager
def as_tool_errors() -> Iterator[None]:
    """Turn errors of the broker and of storage into those of the Skill Layer; code and advice stay in the text."""
    try:
        yield
    except BrokerError as error:
        text = " ".join(part for part in (str(error), error.advice, f"({error.code})" if error.code else "") if part)
        if error.code == _NO_SUCH_SYMBOL:
            raise NoData(text) from error
        raise SourceUnavailable(text) from error
    except StorageError as error:
        raise SourceUnavailable(f"the books cannot be read: {error}") from error
