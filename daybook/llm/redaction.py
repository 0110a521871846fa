"""Takes secrets and personal data out of every text before it leaves the desk or is stored, and can put some back.

Each find becomes a placeholder such as ``<ACCOUNT_1>``, the same one for the same value within a :class:`Redaction`, so
that a model can still speak of "the account". What identifies a person (account, phone, e-mail, ...) can be restored in
the answer; keys, tokens and passwords never are.

Errs towards hiding: a reversible placeholder in place of an innocent number costs nothing. It must not touch what the
desk lives of, though: KRX codes, prices, dates, times and the broker's ten-digit order numbers.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from daybook.llm.redaction_rules import RULES, Kind, Rule

SHORTEST_SECRET = 6
"""Shorter configured values are not looked for: they would hit innocent words."""


RESTORABLE = frozenset(Kind) - {Kind.SECRET}
"""What may be put back into an answer."""
_PLACEHOLDER = re.compile(rf"<(?:{'|'.join(Kind)})_\d+>")


class Redaction:
    """What was taken out of the texts of one request; gives the same placeholder to the same value."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._placeholders: dict[tuple[Kind, str], str] = {}
        self._values: dict[str, tuple[Kind, str]] = {}
        self._counts: dict[Kind, int] = {}

    @property
    def kinds(self) -> frozenset[Kind]:
        """What was found so far."""
        return frozenset(kind for kind, _ in self._values.values())

    def redact(self, text: str, *, is_own: bool = False) -> str:
        """Return ``text`` without secrets and personal data.

        ``is_own`` says that a model wrote the text from redacted ones: placeholders known by now keep their meaning in
        it. In any other text something that looks like a placeholder is only a text.
        """
        kept: list[str] = []

        def take(kind: Kind, value: str) -> str:
            kept.append(self._placeholder(kind, value))
            return f"\x00{len(kept) - 1}\x00"

        # Placeholders are held back as marks while later rules run, so that no rule sees another one's placeholder.
        marked = text.replace("\x00", "")

        def literal(found: re.Match[str]) -> str:
            if is_own and found[0] in self._values:
                kept.append(found[0])
                return f"\x00{len(kept) - 1}\x00"
            return take(Kind.LITERAL, found[0])

        marked = _PLACEHOLDER.sub(literal, marked)
        for secret in self._secrets:
            if secret in marked:
                marked = marked.replace(secret, take(Kind.SECRET, secret))
        for rule in RULES:
            marked = rule.pattern.sub(partial(_replaced, rule=rule, take=take), marked)
        return re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found[1])], marked)

    def redact_json(self, value: Any, *, is_own: bool = False) -> Any:
        """Return a JSON value with every text in it redacted, keys included; see ``redact``."""
        return _texts_changed(value, lambda text: self.redact(text, is_own=is_own))

    def restore(self, text: str, kinds: Iterable[Kind] = RESTORABLE) -> str:
        """Return ``text`` with placeholders of these kinds replaced by what they stand for; secrets never are."""
        wanted = RESTORABLE & frozenset(kinds)

        def value(found: re.Match[str]) -> str:
            kind, original = self._values.get(found[0], (Kind.SECRET, found[0]))
            return original if kind in wanted else found[0]

        return _PLACEHOLDER.sub(value, text)

    def restore_json(self, value: Any) -> Any:
        """Return a JSON value with every text in it restored."""
        return _texts_changed(value, self.restore)

    def _placeholder(self, kind: Kind, value: str) -> str:
        known = self._placeholders.get((kind, value))
        if known is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            known = f"<{kind.value}_{self._counts[kind]}>"
            self._placeholders[kind, value] = known
            self._values[known] = (kind, value)
        return known


class Redactor:
    """Knows the process's own secrets and makes redactions.

    Args:
        secrets: keys, tokens and passwords the process holds; looked for as they are and in the shapes they travel in
            (URL-quoted, base64).
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        shapes = {shape for secret in secrets if len(secret) >= SHORTEST_SECRET for shape in _shapes(secret)}
        # The longest first: a secret may be a part of another one.
        self._secrets = tuple(sorted(shapes, key=lambda shape: (-len(shape), shape)))

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets)} secrets)"

    def begin(self) -> Redaction:
        """Return an empty redaction, for one request."""
        return Redaction(self._secrets)

    def redact(self, text: str) -> str:
        """Return a text redacted for good, e.g. for a log or a table."""
        return self.begin().redact(text)


def _texts_changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(str(key)): _texts_changed(entry, change) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_texts_changed(entry, change) for entry in value]
    return value


def known_secrets(settings: BaseModel) -> tuple[str, ...]:
    """Return every secret value of a configuration, at any depth."""
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, SecretStr):
            found.append(value.get_secret_value())
        elif isinstance(value, BaseModel):
            for name in type(value).model_fields:
                look(getattr(value, name))
        elif isinstance(value, dict):
            for entry in value.values():
                look(entry)
        elif isinstance(value, list | tuple):
            for entry in value:
                look(entry)

    look(settings)
    return tuple(dict.fromkeys(secret for secret in found if secret))


def _replaced(found: re.Match[str], rule: Rule, take: Callable[[Kind, str], str]) -> str:
    value = found[rule.group]
    if "\x00" in value or not rule.accept(value):
        return found[0]
    begin, end = found.start(rule.group) - found.start(), found.end(rule.group) - found.start()
    return found[0][:begin] + take(rule.kind, value) + found[0][end:]


def _shapes(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    encoded = base64.b64encode(secret.encode()).decode()
    yield encoded
    yield encoded.rstrip("=")
