"""One article made of what a source sends: cleaned, capped, named."""

import hashlib
from datetime import datetime

from daybook.contracts.news import Article, SourceKind
from daybook.news.addresses import canonical_url, publisher_of
from daybook.news.text import language_of, plain_text, visible

LONGEST_TITLE = 300
LONGEST_TEXT = 2_000
_LONGEST_PUBLISHER = 120


def article_id(kind: SourceKind, url: str) -> str:
    """Return the digest of source kind and canonical address."""
    return hashlib.sha256(f"{kind.value}|{canonical_url(url)}".encode()).hexdigest()


def make_article(
    kind: SourceKind,
    *,
    title: str,
    text: str,
    url: str,
    published_at: datetime,
    observed_at: datetime,
    publisher: str = "",
) -> Article | None:
    """Return an article, or None when it has no visible title or no usable address.

    Title and text are as the source sends them, HTML allowed; without a publisher it is the site of the address.
    """
    shown, address = plain_text(title, LONGEST_TITLE), canonical_url(url)
    if not shown or not address:
        return None
    passage = plain_text(text, LONGEST_TEXT)
    return Article(
        article_id=article_id(kind, address),
        source=kind,
        publisher=(visible(publisher) or publisher_of(address))[:_LONGEST_PUBLISHER],
        title=shown,
        text=passage,
        url=address,
        language=language_of(f"{shown} {passage}"),
        published_at=published_at,
        observed_at=observed_at,
    )
