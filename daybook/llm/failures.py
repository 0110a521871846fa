"""From what a provider's HTTP answer says to our errors, without the key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from daybook.llm.errors import LlmError, ProviderDown, QuotaSpent, RateLimited, RequestRefused, UnknownModel, WrongKey

REQUEST_TIMEOUT = 408
"""A provider that gave up waiting for us; like a 5xx, another try may do."""
_HIDDEN = "[key]"


@dataclass(frozen=True)
class HttpFailure:
    """An HTTP answer that is no success.

    Attributes:
        status: HTTP status.
        code: the provider's own word for it, e.g. ``model_not_found``.
        message: the provider's text; may quote the key.
        headers: lower-case names.
    """

    provider: str
    status: int
    code: str
    message: str
    headers: Mapping[str, str]


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds of ``retry-after-ms`` or ``retry-after`` (RFC 9110: seconds or an HTTP date); None: not said."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            return max(float(value) * unit_s, 0.0)
        except ValueError:
            continue
    try:
        when = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)


def from_http(failure: HttpFailure, *, model: str, secret: str) -> LlmError:
    """The error of an HTTP failure. ``secret`` is cut out of whatever the provider says."""
    said = failure.message.replace(secret, _HIDDEN) if secret else failure.message
    where = f"{failure.provider} {failure.status}"
    lowered = f"{failure.code} {said}".lower()
    wait_s = retry_after_s(failure.headers)
    if failure.status >= 500 or failure.status == REQUEST_TIMEOUT:
        return ProviderDown(f"{where}: {failure.code or 'server error'}", retry_after_s=wait_s)
    if failure.status == 429:
        kind = QuotaSpent if "insufficient_quota" in lowered else RateLimited
        return kind(f"{where}: {failure.code or 'too many requests'}", retry_after_s=wait_s)
    if failure.status in (401, 403) or "api_key_invalid" in lowered or "api key not valid" in lowered:
        return WrongKey(f"{where}: the key is not accepted ({failure.code or 'no reason given'})")
    if failure.code == "model_not_found" or (failure.status == 404 and "model" in lowered):
        return UnknownModel(f"{where}: no model {model[:60]!r}")
    return RequestRefused(f"{where} {failure.code}: {said}")
