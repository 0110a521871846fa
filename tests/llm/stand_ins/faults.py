"""What a stand-in may do wrong, one fault per request."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A fault. Make one with the named constructors."""

    kind: str
    status: int = 0
    retry_after: str = ""
    code: str = ""
    body: str = ""

    @classmethod
    def rate_limit(cls, retry_after: float | str | None = None, *, quota: bool = False) -> "Fault":
        """429, with Retry-After (seconds, or an HTTP date) when given; ``quota``: the account has no credit."""
        said = "" if retry_after is None else str(retry_after)
        return cls("status", 429, said, "quota" if quota else "")

    @classmethod
    def server_error(cls, status: int = 500, retry_after: float | str | None = None) -> "Fault":
        """A 5xx in the provider's own error form."""
        return cls("status", status, "" if retry_after is None else str(retry_after))

    @classmethod
    def client_error(cls, status: int = 400) -> "Fault":
        """A 4xx in the provider's own error form."""
        return cls("status", status)

    @classmethod
    def hang(cls) -> "Fault":
        """The request is read and never answered."""
        return cls("hang")

    @classmethod
    def reset(cls) -> "Fault":
        """The connection is reset in place of an answer."""
        return cls("reset")

    @classmethod
    def broken_json(cls) -> "Fault":
        """200 with the first half of the answer's JSON."""
        return cls("broken_json")

    @classmethod
    def odd_body(cls, body: str = "[]") -> "Fault":
        """200 with a body that is JSON but no answer."""
        return cls("odd_body", body=body)

    @classmethod
    def wrong_schema(cls) -> "Fault":
        """A good answer whose text is JSON of another schema."""
        return cls("wrong_schema")

    @classmethod
    def broken_answer(cls) -> "Fault":
        """A good answer whose text is no JSON, though JSON was asked for."""
        return cls("broken_answer")

    @classmethod
    def refusal(cls) -> "Fault":
        """The model declines."""
        return cls("refusal")

    @classmethod
    def truncated(cls) -> "Fault":
        """The answer stops at the output limit."""
        return cls("truncated")

    @classmethod
    def empty(cls) -> "Fault":
        """A good answer without any text."""
        return cls("empty")
