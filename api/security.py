"""Who may call: one bearer token per caller, compared by digest in constant time, and what each may do."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from api.errors import ApiProblem
from daybook.settings import ApiSettings, ConfigurationError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LONGEST_TOKEN = 512
_HOW_TO = (
    "no API caller is configured; set DAYBOOK_API__CALLERS to "
    '{"NAME": {"token": "AT LEAST 16 CHARACTERS", "scopes": ["read"]}} or add [api.callers.NAME] to daybook.toml'
)


class Scope(StrEnum):
    """What a caller may do. No scope contains another."""

    READ = "read"
    TRADE = "trade"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller; ``name`` is what the desk records as ``by``."""

    name: str
    scopes: frozenset[Scope]


class CallerBook:
    """The configured callers, by the SHA-256 of their tokens."""

    def __init__(self, callers: dict[bytes, Caller]) -> None:
        self._callers = callers

    @classmethod
    def of(cls, settings: ApiSettings) -> "CallerBook":
        """Read the callers from the configuration.

        Raises:
            ConfigurationError: on an unusable name or token, an unknown scope, or a token two callers share.
        """
        callers: dict[bytes, Caller] = {}
        for name, entry in settings.callers.items():
            if not _NAME.fullmatch(name):
                raise ConfigurationError(f"api.callers: {name!r} is no caller name; use 1-40 of A-Z a-z 0-9 . _ -")
            token = entry.token.get_secret_value()
            if len(token) > _LONGEST_TOKEN or not re.fullmatch(r"[!-~]+", token):
                raise ConfigurationError(
                    f"api.callers.{name}.token: use 16-{_LONGEST_TOKEN} visible ASCII characters without spaces"
                )
            unknown = sorted(set(entry.scopes) - {scope.value for scope in Scope})
            if unknown:
                known = ", ".join(scope.value for scope in Scope)
                raise ConfigurationError(f"api.callers.{name}.scopes: {', '.join(unknown)} is unknown; use {known}")
            digest = _digest(token)
            if digest in callers:
                raise ConfigurationError(f"api.callers: {callers[digest].name} and {name} have the same token")
            callers[digest] = Caller(name, frozenset(Scope(scope) for scope in entry.scopes))
        return cls(callers)

    def authenticate(self, header: str | None) -> Caller:
        """Return the caller of an ``Authorization`` header.

        Raises:
            ApiProblem: 401, with what to do.
        """
        if not self._callers:
            raise _unauthorized("no_callers", _HOW_TO)
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("token_missing", "send the header: Authorization: Bearer TOKEN")
        given = _digest(token)
        found = [caller for known, caller in self._callers.items() if hmac.compare_digest(known, given)]
        if not found:
            raise _unauthorized("token_wrong", "this token is not known here")
        return found[0]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _unauthorized(code: str, message: str) -> ApiProblem:
    return ApiProblem(401, code, message, {"WWW-Authenticate": 'Bearer realm="daybook"'})


_bearer = HTTPBearer(auto_error=False, description="one token per caller, from the desk's configuration")


class _Requires:
    """A dependency: the request's caller, if it has the scope."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __call__(self, request: Request, _documented: Annotated[object, Security(_bearer)] = None) -> Caller:
        caller = getattr(request.state, "caller", None)
        if not isinstance(caller, Caller):
            raise _unauthorized("token_missing", "send the header: Authorization: Bearer TOKEN")
        if self._scope not in caller.scopes:
            raise ApiProblem(
                403, "scope_missing", f"caller {caller.name} lacks the scope {self._scope.value}; add it to its scopes"
            )
        return caller


Reader = Annotated[Caller, Depends(_Requires(Scope.READ))]
Trader = Annotated[Caller, Depends(_Requires(Scope.TRADE))]
Controller = Annotated[Caller, Depends(_Requires(Scope.CONTROL))]
