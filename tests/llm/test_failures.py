from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from daybook.llm.errors import LlmError, ProviderDown, QuotaSpent, RateLimited, RequestRefused, UnknownModel, WrongKey
from daybook.llm.failures import HttpFailure, from_http, retry_after_s


def error_of(status: int, code: str = "", message: str = "", **headers: str) -> LlmError:
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return from_http(HttpFailure("openai", status, code, message, lower), model="gpt-x", secret="sk-1234567890")


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (500, "", "", ProviderDown),
        (529, "overloaded_error", "", ProviderDown),
        (408, "", "", ProviderDown),
        (429, "rate_limit_exceeded", "", RateLimited),
        (429, "insufficient_quota", "", QuotaSpent),
        (401, "invalid_api_key", "", WrongKey),
        (403, "permission_error", "", WrongKey),
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", WrongKey),
        (404, "model_not_found", "", UnknownModel),
        (404, "NOT_FOUND", "models/x is not found for API version v1", UnknownModel),
        (404, "", "404 page not found", RequestRefused),
        (400, "invalid_request_error", "tools: too many", RequestRefused),
        (413, "request_too_large", "", RequestRefused),
        (422, "", "", RequestRefused),
    ],
)
def test_failure_when_http_says_so_then_the_error_is_of_that_kind(
    status: int, code: str, message: str, kind: type[LlmError]
) -> None:
    assert type(error_of(status, code, message)) is kind


def test_failure_when_the_provider_quotes_the_key_then_it_is_cut_out() -> None:
    for status in (400, 401, 404, 429, 500):
        error = error_of(status, "code", "Incorrect API key provided: sk-1234567890. Try again.")
        assert "sk-1234567890" not in str(error)
    assert "[key]" in str(error_of(400, "code", "bad sk-1234567890"))


def test_failure_when_its_text_is_long_or_has_lines_then_it_is_one_short_line() -> None:
    error = error_of(400, "code", "a\nb " * 400)
    assert "\n" not in error.message
    assert len(error.message) <= 300


def test_retry_after_when_said_in_any_form_then_it_is_seconds() -> None:
    assert retry_after_s({"retry-after": "2.5"}) == 2.5
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert retry_after_s({"retry-after": "-3"}) == 0.0
    assert retry_after_s({}) is None
    assert retry_after_s({"retry-after": "soon"}) is None
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < (retry_after_s({"retry-after": date}) or 0) <= 30
