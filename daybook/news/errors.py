"""What may go wrong with a news source; every message is one line without a key and without a reply's text.

::

    NewsError            .code says it to programs, .source names the source
    ├── SourceDown       no connection, timeout, 5xx, also after the retries: SOURCE_DOWN
    ├── SourceRefused    key, permission or query is not accepted; asking again does not help: SOURCE_REFUSED
    │   └── NoKey        no key is configured: NO_KEY
    ├── QuotaSpent       the quota of the day or of the second is used up: QUOTA_SPENT
    └── BadReply         not JSON, cut short, too large, or not of the documented shape: BAD_REPLY
"""

from enum import StrEnum

from daybook.contracts.news import SourceKind

_LONGEST_MESSAGE = 240


class NewsFault(StrEnum):
    """Why a source gave nothing."""

    SOURCE_DOWN = "SOURCE_DOWN"
    SOURCE_REFUSED = "SOURCE_REFUSED"
    NO_KEY = "NO_KEY"
    QUOTA_SPENT = "QUOTA_SPENT"
    BAD_REPLY = "BAD_REPLY"


class NewsError(Exception):
    """A source gave no usable answer."""

    code: NewsFault = NewsFault.SOURCE_DOWN

    def __init__(self, source: SourceKind, message: str) -> None:
        self.source = source
        self.message = " ".join(message.split())[:_LONGEST_MESSAGE]
        super().__init__(f"{source.value}: {self.message}")


class SourceDown(NewsError):
    """The source cannot be reached or fails, also after the retries."""

    code = NewsFault.SOURCE_DOWN


class SourceRefused(NewsError):
    """The source does not accept the key or the query."""

    code = NewsFault.SOURCE_REFUSED


class NoKey(SourceRefused):
    """The source has no key; the message names the variables to set."""

    code = NewsFault.NO_KEY


class QuotaSpent(NewsError):
    """The source takes no more requests now."""

    code = NewsFault.QUOTA_SPENT


class BadReply(NewsError):
    """The source's reply cannot be read."""

    code = NewsFault.BAD_REPLY
