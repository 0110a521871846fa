"""Tokens and approval keys: issue, check, expire, revoke.

KIS rules: a token lives 24 hours; a request within 6 hours of the issue returns the same token with its first
expiry; one request a minute and app key, otherwise HTTP 403 EGW00133. After 6 hours a new token is issued, and
older ones stay valid until their own expiry. The approval key of the WebSocket is independent of tokens.
"""

import base64
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from daybook.contracts.base import KST
from daybook.paper.environment import Environment
from daybook.paper.errors import gateway, oauth

SAME_TOKEN_WINDOW = timedelta(hours=6)
ISSUE_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OauthRules:
    """What the office enforces. ``app_key``/``app_secret`` blank accepts any; ``life_s`` is a token's life."""

    life_s: float = 86_400.0
    one_per_minute: bool = True
    app_key: str = ""
    app_secret: str = ""
    separate_environments: bool = True


@dataclass(slots=True)
class Token:
    """An issued token; ``revoked`` ones are unknown, expired ones are named as expired."""

    text: str
    app_key: str
    environment: Environment
    issued_at: datetime
    expires_at: datetime
    revoked: bool = False


class TokenOffice:
    """Issues and checks access tokens and approval keys, in memory; ``now`` gives the time their lives run in."""

    def __init__(self, rules: OauthRules, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._now = now
        self._tokens: dict[str, Token] = {}
        self._approvals: dict[str, tuple[str, datetime]] = {}
        self._last_issue: dict[tuple[str, Environment], datetime] = {}
        self._current: dict[tuple[str, Environment], Token] = {}

    def issue(self, request: dict[str, object], environment: Environment) -> dict[str, object]:
        """Answer ``/oauth2/tokenP``; raises ``OauthRefusal``."""
        app_key = self._checked_app_key(request, "appsecret")
        now = self._now()
        owner = (app_key, environment)
        last = self._last_issue.get(owner)
        if self._rules.one_per_minute and last is not None and now - last < ISSUE_INTERVAL:
            raise oauth("EGW00133")
        token = self._current.get(owner)
        if token is None or token.revoked or now >= token.expires_at or now - token.issued_at >= SAME_TOKEN_WINDOW:
            expires_at = now + timedelta(seconds=self._rules.life_s)
            token = Token(_jwt(app_key, now, expires_at), app_key, environment, now, expires_at)
            self._tokens[token.text] = token
            self._current[owner] = token
        self._last_issue[owner] = now
        return {
            "access_token": token.text,
            "access_token_token_expired": token.expires_at.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S"),
            "token_type": "Bearer",
            "expires_in": max(0, round((token.expires_at - now).total_seconds())),
        }

    def revoke(self, request: dict[str, object]) -> dict[str, object]:
        """Answer ``/oauth2/revokeP``; an unknown token is refused as at KIS (EGW00121)."""
        self._checked_app_key(request, "appsecret", needs_grant=False)
        token = self._tokens.get(str(request.get("token", "")))
        if token is None or token.revoked:
            raise gateway("EGW00121")
        token.revoked = True
        return {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}

    def approve(self, request: dict[str, object]) -> dict[str, object]:
        """Answer ``/oauth2/Approval``; the secret is called ``secretkey`` there."""
        app_key = self._checked_app_key(request, "secretkey")
        now = self._now()
        self._approvals = {key: entry for key, entry in self._approvals.items() if entry[1] > now}
        approval_key = str(uuid.uuid4())
        self._approvals[approval_key] = (app_key, now + timedelta(days=1))
        return {"approval_key": approval_key}

    def app_key_of_approval(self, approval_key: str) -> str | None:
        """Return the app key of an approval key, or None for one that is unknown or too old."""
        entry = self._approvals.get(approval_key)
        return entry[0] if entry and entry[1] > self._now() else None

    def check(self, authorization: str, app_key: str, environment: Environment) -> None:
        """Check the headers of a call; raises the ``GatewayRefusal`` of its fault."""
        scheme, _, text = authorization.partition(" ")
        if not text.strip() or scheme.lower() != "bearer":
            raise gateway("EGW00122")
        token = self._tokens.get(text.strip())
        if token is None or token.revoked or token.app_key != app_key:
            raise gateway("EGW00121")
        if self._now() >= token.expires_at:
            raise gateway("EGW00123")
        if self._rules.separate_environments and token.environment is not environment:
            raise gateway("EGW02004" if environment is Environment.REAL else "EGW00121")

    def expire_all(self) -> None:
        """End the life of every token now, as a mid-day expiry does; the next request issues a new one."""
        now = self._now()
        for token in self._tokens.values():
            token.expires_at = min(token.expires_at, now)
        self._last_issue.clear()

    def _checked_app_key(self, request: dict[str, object], secret_name: str, *, needs_grant: bool = True) -> str:
        grant = request.get("grant_type")
        if needs_grant and not grant:
            raise oauth("EGW00115")
        if needs_grant and grant != "client_credentials":
            raise oauth("EGW00116")
        app_key, secret = request.get("appkey"), request.get(secret_name)
        if not isinstance(app_key, str) or not app_key or app_key != (self._rules.app_key or app_key):
            raise oauth("EGW00103")
        if not needs_grant and secret is None:
            return app_key
        if not isinstance(secret, str) or not secret or secret != (self._rules.app_secret or secret):
            raise oauth("EGW00105")
        return app_key


def _jwt(app_key: str, issued_at: datetime, expires_at: datetime) -> str:
    """Return a token in a JWT's form, at most 350 characters; the signature is random, as the office remembers it."""
    header = {"typ": "JWT", "alg": "HS512"}
    payload = {
        "sub": "token",
        "aud": str(uuid.uuid4()),
        "iss": "unogw",
        "exp": int(expires_at.timestamp()),
        "iat": int(issued_at.timestamp()),
        "jti": app_key[:36],
    }
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, payload)]
    return ".".join(_base64url(part) for part in (*parts, secrets.token_bytes(32)))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
