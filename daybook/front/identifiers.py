"""What a person writes, without what identifies the person: before the server keeps it."""

import re

from daybook.llm.redaction import Redactor, known_secrets
from daybook.settings import Settings

_PLACEHOLDER = re.compile(r"<([A-Z]+)_\d+>")


def without_identifiers(text: str, settings: Settings) -> str:
    """Return a text with account numbers, keys, phones, cards and the like replaced by their kind, for good."""
    redacted = Redactor(known_secrets(settings)).redact(text)
    return _PLACEHOLDER.sub(lambda found: f"[{found[1].lower()}]", redacted)
