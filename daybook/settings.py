"""All configuration, read once at the edge of a process.

Sources, strongest first: arguments, environment (``DAYBOOK_...``, nested with ``__``), ``.env``, ``daybook.toml``
(or the file named by ``DAYBOOK_CONFIG``). KIS keys may also come from the ``kis_devlp.yaml`` of KIS's own samples.
"""

import os
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from daybook.contracts.base import AwareDatetime, Mode
from daybook.contracts.desk import DeskConfig
from daybook.contracts.limits import RiskLimits, StrategySettings


class ConfigurationError(Exception):
    """The configuration cannot be used; the message is one line that says what to change."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TemporalSettings(_Section):
    """How to reach the Temporal server."""

    address: str = "127.0.0.1:7233"
    namespace: str = "default"
    ui_url: str = "http://127.0.0.1:8233"
    connect_timeout_s: float = Field(default=10, gt=0, le=300)


class KisSettings(_Section):
    """KIS keys of the trading layer. Paper mode needs none."""

    app_key: SecretStr = SecretStr("")
    app_secret: SecretStr = SecretStr("")
    account: SecretStr = Field(default=SecretStr(""), description="12345678-01")
    hts_id: str = ""
    mock_app_key: SecretStr = SecretStr("")
    mock_app_secret: SecretStr = SecretStr("")
    mock_account: SecretStr = SecretStr("")
    mock_hts_id: str = ""
    config_file: Path | None = Field(default=None, description="a kis_devlp.yaml; used where a key above is missing")
    new_key_until: AwareDatetime | None = Field(default=None, description="a new live key is limited to 3/s until then")


class ApiCaller(_Section):
    """One caller of the API: its token and what it may do."""

    token: SecretStr = Field(min_length=16)
    scopes: tuple[str, ...] = ("read",)


class ApiSettings(_Section):
    """The trigger endpoint. Without callers nobody is let in."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    callers: dict[str, ApiCaller] = Field(default_factory=dict)


class Settings(BaseSettings):
    """The desk's whole configuration; every value has a default that is safe."""

    model_config = SettingsConfigDict(
        env_prefix="DAYBOOK_",
        env_nested_delimiter="__",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
    )

    mode: Mode = Mode.PAPER
    home: Path = Field(default=Path(".daybook"), description="everything the desk keeps on disk")
    account: str = Field(default="main", pattern=r"^[a-z0-9-]{1,40}$", description="alias; never an account number")
    database_url: SecretStr = Field(default=SecretStr(""), description="empty: SQLite in the home folder")
    paper_url: str = Field(default="http://127.0.0.1:29443", description="the paper exchange; loopback only")
    commission_rate: Decimal = Field(default=Decimal("0.00014"), ge=0, le=Decimal("0.01"))
    poll_interval_s: float = Field(default=5, gt=0, le=60)
    settle_interval_s: float = Field(default=10, gt=0, le=60)
    settle_polls: int = Field(default=4, ge=3, le=60)
    rest_per_second: float | None = Field(default=None, gt=0, description="overrides the broker's rate limit downwards")
    live_trading_enabled: bool = Field(default=False, description="live needs this flag besides mode and arming")
    temporal: TemporalSettings = TemporalSettings()
    kis: KisSettings = KisSettings()
    api: ApiSettings = ApiSettings()
    limits: RiskLimits = RiskLimits()
    strategy: StrategySettings = StrategySettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources as the module's docstring says."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=os.environ.get("DAYBOOK_CONFIG", "daybook.toml"))
        return init_settings, env_settings, dotenv_settings, toml

    @property
    def ledger_url(self) -> str:
        """The database URL, SQLite in the home folder unless one is set."""
        return self.database_url.get_secret_value() or f"sqlite:///{(self.home / 'daybook.db').resolve()}"

    @property
    def kill_switch_path(self) -> Path:
        """The file whose existence stops every POST."""
        return self.home / "HALT"

    @property
    def reports_path(self) -> Path:
        """Where reports are written."""
        return self.home / "reports"

    def desk_config(self) -> DeskConfig:
        """Return what workflows get of the configuration."""
        return DeskConfig(
            account=self.account,
            mode=self.mode,
            limits=self.limits,
            strategy=self.strategy,
            commission_rate=self.commission_rate,
            poll_interval_s=self.poll_interval_s,
            settle_interval_s=self.settle_interval_s,
            settle_polls=self.settle_polls,
        )


def load_settings(**overrides: object) -> Settings:
    """Read the configuration.

    Raises:
        ConfigurationError: with one line that names the value, the reason, and where to change it.
    """
    config_file = os.environ.get("DAYBOOK_CONFIG")
    if config_file and not Path(config_file).is_file():
        raise ConfigurationError(f"DAYBOOK_CONFIG names {config_file}, which does not exist")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ConfigurationError(
            f"{name}: {first['msg']}{more}; change it in daybook.toml, .env or "
            f"DAYBOOK_{name.upper().replace('.', '__')}"
        ) from None
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"configuration cannot be read: {error}".replace("\n", " ")) from None
