"""KIS keys and account of one mode: read, checked with clear advice, and never shown."""

import hashlib
import logging
import re
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, SecretStr

from daybook.broker.kis.environments import OFFICIAL_URLS
from daybook.broker.port import BrokerConfigurationError
from daybook.contracts.base import Mode

logger = logging.getLogger(__name__)

APP_KEY_LENGTH = 36
APP_SECRET_LENGTH = 180
"""Lengths of keys issued by KIS; another length is worth a warning, not a refusal."""

_ACCOUNT = re.compile(r"([0-9]{8})-?([0-9]{2})", re.ASCII)
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)
_HTS_ID = re.compile(r"[!-~]{0,40}", re.ASCII)


class KisCredentials(BaseModel):
    """Keys and account of one KIS customer in one mode. Every value is secret: ``repr`` shows none.

    ``account_number`` is CANO (8 digits), ``product_code`` ACNT_PRDT_CD (2 digits, ``01`` for stocks) and
    ``hts_id`` the customer id that the notice stream is subscribed with (may be empty: no notices then).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mode: Mode
    app_key: SecretStr
    app_secret: SecretStr
    account_number: SecretStr
    product_code: SecretStr
    hts_id: SecretStr = SecretStr("")

    @property
    def key_digest(self) -> str:
        """A short digest of mode and app key that names state files without telling the key."""
        material = f"{self.mode.value}:{self.app_key.get_secret_value()}"
        return hashlib.sha256(material.encode()).hexdigest()[:16]

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each value that looks unusual but may still be right."""
        lines = []
        for name, value, usual in (
            ("app key", self.app_key, APP_KEY_LENGTH),
            ("app secret", self.app_secret, APP_SECRET_LENGTH),
        ):
            length = len(value.get_secret_value())
            if length != usual:
                lines.append(f"the {self.mode.value} {name} has {length} characters; KIS issues {usual}")
        return tuple(lines)

    def secrets(self) -> tuple[str, ...]:
        """Return the plain values that must never appear in a log or an error."""
        values = (self.app_key, self.app_secret, self.account_number, self.hts_id)
        return tuple(value.get_secret_value() for value in values if value.get_secret_value())


def credentials_from_values(
    mode: Mode, *, app_key: str, app_secret: str, account: str, hts_id: str = ""
) -> KisCredentials:
    """Return checked credentials from plain values (settings pass those of ``.env``).

    ``account`` is ``12345678-01`` or ten digits. Raises ``BrokerConfigurationError`` that names the missing or
    malformed setting and never its value.
    """
    prefix = "DAYBOOK_KIS__MOCK_" if mode is Mode.MOCK else "DAYBOOK_KIS__"
    return _checked(
        mode,
        app_key,
        app_secret,
        account,
        hts_id,
        names=(f"{prefix}APP_KEY", f"{prefix}APP_SECRET", f"{prefix}ACCOUNT", f"{prefix}HTS_ID"),
        place="in .env",
    )


def read_kis_devlp(path: Path, mode: Mode) -> KisCredentials:
    """Return the credentials of ``mode`` from a ``kis_devlp.yaml`` of the official sample.

    Keys: ``my_app``/``my_sec``/``my_acct_stock`` (live), ``paper_app``/``paper_sec``/``my_paper_stock`` (mock),
    ``my_htsid`` and ``my_prod``. Addresses in the file (``prod``, ``vps``, ``ops``, ``vops``) are never used; one
    that is not official is reported. Raises ``BrokerConfigurationError``.
    """
    values = _load_devlp(path)
    for key, official in OFFICIAL_URLS.items():
        if values.get(key, "").rstrip("/") not in ("", official):
            logger.warning("%s: the address under %r is not the official one and is ignored", path.name, key)
    if mode is Mode.PAPER:
        return paper_credentials()
    app, secret, stock = (
        ("paper_app", "paper_sec", "my_paper_stock") if mode is Mode.MOCK else ("my_app", "my_sec", "my_acct_stock")
    )
    account = values.get(stock, "")
    if re.fullmatch(r"[0-9]{8}", account, re.ASCII):
        account += values.get("my_prod", "") or "01"
    return _checked(
        mode,
        values.get(app, ""),
        values.get(secret, ""),
        account,
        values.get("my_htsid", ""),
        names=(app, secret, f"{stock} (8 digits) and my_prod (2 digits)", "my_htsid"),
        place=f"in {path.name}",
    )


def paper_credentials() -> KisCredentials:
    """Return the built-in credentials of paper mode: they open nothing but the paper exchange."""
    return KisCredentials(
        mode=Mode.PAPER,
        app_key=SecretStr("PAPER".ljust(APP_KEY_LENGTH, "0")),
        app_secret=SecretStr("PAPER".ljust(APP_SECRET_LENGTH, "0")),
        account_number=SecretStr("12345678"),
        product_code=SecretStr("01"),
        hts_id=SecretStr("paper"),
    )


def _load_devlp(path: Path) -> dict[str, str]:
    try:
        # BaseLoader keeps every scalar a string: an account number like 01234567 would otherwise be read as octal.
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BrokerConfigurationError(
            f"{path.name} cannot be read ({type(error).__name__})",
            code="CREDENTIALS",
            advice="copy kis_devlp.yaml of the official sample and fill in the keys",
        ) from None
    if not isinstance(loaded, dict):
        raise BrokerConfigurationError(
            f"{path.name} holds no keys",
            code="CREDENTIALS",
            advice="one `key: value` a line, as in the official sample",
        )
    return {str(key): value.strip() for key, value in loaded.items() if isinstance(value, str)}


def _checked(
    mode: Mode,
    app_key: str,
    app_secret: str,
    account: str,
    hts_id: str,
    *,
    names: tuple[str, str, str, str],
    place: str,
) -> KisCredentials:
    if mode is Mode.PAPER:
        return paper_credentials()
    given = (app_key.strip(), app_secret.strip(), account.strip(), hts_id.strip())
    missing = [name for name, value in zip(names[:3], given[:3], strict=True) if not value]
    if missing:
        raise BrokerConfigurationError(
            f"{mode.value} mode lacks {', '.join(missing)}",
            code="CREDENTIALS",
            advice=f"set {', '.join(missing)} {place}",
        )
    for name, value in zip(names[:2], given[:2], strict=True):
        if not _PRINTABLE.fullmatch(value):
            raise BrokerConfigurationError(
                f"{name} holds spaces or characters no key has", code="CREDENTIALS", advice=f"copy {name} again {place}"
            )
    parts = _ACCOUNT.fullmatch(given[2])
    if parts is None:
        raise BrokerConfigurationError(
            f"{names[2]} is not an account number of 8 and 2 digits",
            code="CREDENTIALS",
            advice=f"write {names[2]} like 12345678-01 {place}",
        )
    if not _HTS_ID.fullmatch(given[3]):
        raise BrokerConfigurationError(
            f"{names[3]} is not an HTS id", code="CREDENTIALS", advice=f"copy {names[3]} again {place}"
        )
    credentials = KisCredentials(
        mode=mode,
        app_key=SecretStr(given[0]),
        app_secret=SecretStr(given[1]),
        account_number=SecretStr(parts.group(1)),
        product_code=SecretStr(parts.group(2)),
        hts_id=SecretStr(given[3]),
    )
    for line in credentials.warnings:
        logger.warning("%s", line)
    return credentials
