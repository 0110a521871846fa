"""Where each mode may send to: one REST origin and one WebSocket origin, and nothing else.

The official origins are those of the KIS portal: real ``https://openapi.koreainvestment.com:9443`` and
``ws://ops.koreainvestment.com:21000``, mock ``https://openapivts.koreainvestment.com:29443`` and
``ws://ops.koreainvestment.com:31000``. Paper mode speaks to the paper exchange on a loopback address only.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass

from daybook.broker.port import BrokerConfigurationError, ModeLockError
from daybook.contracts.base import Mode

_BASE_URL = re.compile(r"(https?|wss?)://(\[[0-9a-f:.]+\]|[0-9a-z.-]+):([1-9][0-9]{0,4})/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a server; ``host`` is an IP literal or a lower-case name, without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """``host:port`` as it stands in a URL and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The origin as a URL without a path."""
        return f"{self.scheme}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Environment:
    """One mode and the only two origins it may reach."""

    mode: Mode
    rest: Origin
    stream: Origin


_LIVE = Environment(
    Mode.LIVE,
    Origin("https", "openapi.koreainvestment.com", 9443),
    Origin("ws", "ops.koreainvestment.com", 21000),
)
_MOCK = Environment(
    Mode.MOCK,
    Origin("https", "openapivts.koreainvestment.com", 29443),
    Origin("ws", "ops.koreainvestment.com", 31000),
)

OFFICIAL_URLS = {
    "prod": _LIVE.rest.url,
    "ops": _LIVE.stream.url,
    "vps": _MOCK.rest.url,
    "vops": _MOCK.stream.url,
}
"""The official URLs under the keys of the official sample's ``kis_devlp.yaml``."""


def environment(mode: Mode, *, base_url: str | None = None, stream_url: str | None = None) -> Environment:
    """Return the environment of ``mode``.

    ``base_url`` and ``stream_url`` choose the paper exchange (loopback only; the stream defaults to the same host
    and port). In mock and live they may only repeat the official origin. Raises ``ModeLockError`` on any other
    address and ``BrokerConfigurationError`` when paper mode gets no address.
    """
    if mode is Mode.PAPER:
        return _paper_environment(base_url, stream_url)
    official = _LIVE if mode is Mode.LIVE else _MOCK
    for given, allowed in ((base_url, official.rest), (stream_url, official.stream)):
        if given is not None and parse_origin(given) != allowed:
            raise ModeLockError(
                f"{mode.value} mode sends to {allowed.url} only",
                code="HOST",
                advice="leave the address empty, or use paper mode for a local exchange",
            )
    return official


def parse_origin(url: str) -> Origin:
    """Return the origin of a plain ``scheme://host:port`` URL; anything more or stranger is a ``ModeLockError``."""
    match = _BASE_URL.fullmatch(url)
    if match is None or int(match.group(3)) > 65535:
        raise ModeLockError(
            "the base URL must be scheme://host:port in lower-case ASCII, without user, path or query",
            code="HOST",
            advice="for example http://127.0.0.1:29443",
        )
    return Origin(match.group(1), match.group(2).strip("[]"), int(match.group(3)))


def _paper_environment(base_url: str | None, stream_url: str | None) -> Environment:
    if base_url is None:
        raise BrokerConfigurationError(
            "paper mode needs the address of the paper exchange",
            code="BASE_URL",
            advice="start it with `daybook paper serve` and pass its address, for example http://127.0.0.1:29443",
        )
    rest = _loopback(parse_origin(base_url), ("http", "https"))
    if stream_url is None:
        return Environment(Mode.PAPER, rest, Origin("wss" if rest.scheme == "https" else "ws", rest.host, rest.port))
    return Environment(Mode.PAPER, rest, _loopback(parse_origin(stream_url), ("ws", "wss")))


def _loopback(origin: Origin, schemes: tuple[str, ...]) -> Origin:
    """Return ``origin`` pinned to a loopback IP literal, so that no later name lookup can lead elsewhere."""
    if origin.scheme not in schemes:
        raise ModeLockError(f"expected a {' or '.join(schemes)} address", code="HOST", advice="check the scheme")
    if origin.host == "localhost":
        return Origin(origin.scheme, _resolve_localhost(origin.port), origin.port)
    try:
        address = ipaddress.ip_address(origin.host)
    except ValueError:
        raise _not_loopback() from None
    if address not in ipaddress.ip_network("127.0.0.0/8") and address != ipaddress.ip_address("::1"):
        raise _not_loopback()
    return Origin(origin.scheme, str(address), origin.port)


def _resolve_localhost(port: int) -> str:
    try:
        found = socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
    except OSError:
        raise _not_loopback() from None
    addresses = [ipaddress.ip_address(str(row[4][0])) for row in found]
    if not addresses or not all(address.is_loopback for address in addresses):
        raise _not_loopback()
    return str(min(addresses, key=lambda address: address.version))


def _not_loopback() -> ModeLockError:
    return ModeLockError(
        "paper mode speaks to loopback addresses only (127.0.0.0/8, ::1, localhost)",
        code="HOST",
        advice="run the paper exchange on this host, or choose mock or live mode",
    )
