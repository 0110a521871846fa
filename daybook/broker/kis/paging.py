"""Pages of KIS lists: the ``tr_cont`` header and the ``CTX_AREA`` continuation texts.

Header ``F``/``M`` means more pages, ``D``/``E`` or blank the last one; the next call repeats the query with header
``tr_cont: N`` and the texts of the body. A list that breaks off is never passed on as a whole one.
"""

from collections.abc import Callable, Iterator, Mapping

from daybook.broker.kis.fields import UnreadableReply
from daybook.broker.kis.gateway import KisGateway
from daybook.broker.kis.transport import Reply
from daybook.broker.kis.wire import Endpoint

MAX_PAGES = 60


def pages(
    gateway: KisGateway,
    endpoint: Endpoint,
    query: Mapping[str, str],
    *,
    enough: Callable[[Reply], bool] = lambda _: False,
) -> Iterator[Reply]:
    """Yield every page of a list until the last one, or until ``enough`` says so.

    Raises ``UnreadableReply`` when a continuation is missing or repeats itself, or after 60 pages.
    """
    suffix = endpoint.page_suffix
    if suffix is None:
        raise ValueError(f"{endpoint.name} has no pages")
    first_key, next_key = f"CTX_AREA_FK{suffix}", f"CTX_AREA_NK{suffix}"
    first_text = next_text = ""
    seen: set[str] = set()
    for number in range(MAX_PAGES):
        reply = gateway.read(endpoint, {**query, first_key: first_text, next_key: next_text}, next_page=number > 0)
        yield reply
        if enough(reply) or not _has_more(reply, next_key):
            return
        first_text, next_text = _raw(reply, first_key), _raw(reply, next_key)
        marker = next_text.strip()
        if not marker or marker in seen:
            raise UnreadableReply(f"{endpoint.name}: the list breaks off after page {number + 1}", code="PAGING")
        seen.add(marker)
    raise UnreadableReply(f"{endpoint.name}: more than {MAX_PAGES} pages", code="PAGING")


def _has_more(reply: Reply, next_key: str) -> bool:
    next_text = _raw(reply, next_key).strip()
    header = reply.headers.get("tr_cont")
    if header is None:
        # Proxies drop headers with underscores; a continuation text then shows that rows would be lost.
        if next_text.strip("^"):
            raise UnreadableReply("the header tr_cont is missing", code="PAGING", advice="remove the proxy before KIS")
        return False
    ended_by_text = bool(next_text) and not next_text.strip("^")
    return header.strip() in ("F", "M") and not ended_by_text


def _raw(reply: Reply, key: str) -> str:
    """Return a continuation text as it came: some services want the padding back."""
    body = reply.body or {}
    value = body.get(key.lower(), body.get(key, ""))
    return value if isinstance(value, str) else ""
