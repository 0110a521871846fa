"""All configuration, read once at the edge of a process.

Sources, strongest first: arguments, environment (``DAYBOOK_...``, nested with ``__``), secret files, ``.env``, and
``daybook.toml`` or the file of ``DAYBOOK_CONFIG``. KIS keys may also come from a ``kis_devlp.yaml`` of KIS's samples.
"""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from daybook.contracts.base import AwareDatetime, Mode
from daybook.contracts.desk import DeskConfig
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.threat_settings import ResponseSettings, ThreatSettings
from daybook.settings_names import ENV_DELIMITER, ENV_PREFIX
from daybook.settings_secrets import SecretFilesSource
from daybook.settings_sources import ENV_FILE_ENCODING, Sources, config_file, home_despite_errors, read_sources
from daybook.settings_sources import ConfigurationError as ConfigurationError

DEFAULT_HOME = Path(".daybook")
_ACCOUNT_NUMBER = re.compile(r"\d{8}-?\d{2}")
_NEVER_SHOWN = frozenset({"kis", "api", "llm", "news", "objects", "database_url", "account"})
_LONGEST_VALUE_SHOWN = 40
_HINTS = {
    "tuple_type": 'write a list, as in ["005930", "000660"]',
    "string_type": "put the value into quotes",
    "too_short": "make it longer",
    "model_type": "write it as a section, as in [limits]",
    "path_type": "name a folder",
}
_PATTERN_HINTS = {
    "universe_symbols": "write KRX short codes, as in 005930",
    "account": "write an alias of small letters, digits and hyphens",
    "address": "write host:port, as in 127.0.0.1:7233",
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TemporalSettings(_Section):
    """How to reach the Temporal server."""

    address: str = Field(default="127.0.0.1:7233", pattern=r"^[^\s/]+:\d{1,5}$", description="host:port")
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


class LlmSettings(_Section):
    """Models: keys and addresses of the pipeline layer, and what they may cost.

    Keys may also come from the providers' usual variables (``OPENAI_API_KEY``, ...). Without any key, rules answer.
    """

    openai_api_key: SecretStr = SecretStr("")
    anthropic_api_key: SecretStr = SecretStr("")
    gemini_api_key: SecretStr = SecretStr("")
    openai_base_url: str = Field(default="", description="empty: the provider's own")
    anthropic_base_url: str = Field(default="", description="empty: the provider's own")
    gemini_base_url: str = Field(default="", description="empty: the provider's own")
    ollama_url: str = Field(default="", description="http://host:11434; empty: no local models")
    ollama_model: str = Field(default="", description="a model the Ollama server has")
    router_model: str = Field(default="", description="decides when the offline router is unsure; empty: nothing does")
    preferred_models: tuple[str, ...] = Field(default=(), description="tried first, of the catalogue's names")
    catalogue: Path | None = Field(default=None, description="a catalogue of models in place of the shipped one")
    daily_budget_krw: int = Field(default=1_000, ge=0, description="KST day; reached: rules answer")
    monthly_budget_krw: int = Field(default=20_000, ge=0, description="KST month; reached: rules answer")
    krw_per_usd: float = Field(default=1_400, gt=0, description="for prices in dollars; set it to the current rate")
    timeout_s: float = Field(default=60, gt=0, le=600)


class NewsSettings(_Section):
    """News and filings: keys and addresses of the pipeline layer. A source without its key is left out, and said so."""

    naver_client_id: SecretStr = SecretStr("")
    naver_client_secret: SecretStr = SecretStr("")
    naver_hub_key_id: SecretStr = Field(default=SecretStr(""), description="NAVER API HUB; wins over the older pair")
    naver_hub_key: SecretStr = SecretStr("")
    newsapi_key: SecretStr = SecretStr("")
    dart_api_key: SecretStr = SecretStr("")
    sec_user_agent: str = Field(default="", description='"Name mail@example.com"; EDGAR refuses requests without it')
    naver_base_url: str = "https://openapi.naver.com"
    naver_hub_base_url: str = "https://naverapihub.apigw.ntruss.com"
    newsapi_base_url: str = "https://newsapi.org"
    dart_base_url: str = "https://opendart.fss.or.kr"
    sec_data_base_url: str = "https://data.sec.gov"
    sec_www_base_url: str = "https://www.sec.gov"
    timeout_s: float = Field(default=10, gt=0, le=120)
    analysis_symbols: int = Field(default=10, ge=0, le=50, description="symbols of the universe analysed before a day")


class ObjectSettings(_Section):
    """The object store of the pipeline layer. Without an endpoint it is a folder in the desk's home."""

    endpoint: str = Field(
        default="", pattern=r"^(https?://\S+)?$", description="of an S3 server; empty: a local folder"
    )
    bucket: str = Field(default="daybook", min_length=3, max_length=63)
    region: str = "us-east-1"
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")


class FeedSettings(_Section):
    """Where the cyber channel of the threat level reads; a feed that is not set makes the channel less sure of itself.

    Each is an ``https:`` address or a file that something else keeps up to date.
    """

    cyber_alert: str = Field(default="", description="the national cyber alert (KISA), as JSON, XML or text")
    cyber_alert_max_age_h: float = Field(default=48, gt=0, le=720, description="older than this is not known")
    timeout_s: float = Field(default=10, gt=0, le=120)


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
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=ENV_DELIMITER,
        env_ignore_empty=True,
        env_file=".env",
        env_file_encoding=ENV_FILE_ENCODING,
        extra="ignore",
        frozen=True,
    )

    mode: Mode = Mode.PAPER
    home: Path = Field(default=DEFAULT_HOME, description="everything the desk keeps on disk")
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
    llm: LlmSettings = LlmSettings()
    news: NewsSettings = NewsSettings()
    objects: ObjectSettings = ObjectSettings()
    feeds: FeedSettings = FeedSettings()
    limits: RiskLimits = RiskLimits()
    strategy: StrategySettings = StrategySettings()
    threats: ThreatSettings = ThreatSettings()
    response: ResponseSettings = ResponseSettings()

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
        toml = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, SecretFilesSource(settings_cls), dotenv_settings, toml

    @field_validator("home", mode="before")
    @classmethod
    def _name_a_folder(cls, value: Any) -> Any:
        if isinstance(value, str):
            if not value.strip() or "\0" in value:
                raise ValueError("name a folder")
            return Path(value).expanduser()
        return value

    @field_validator("account")
    @classmethod
    def _refuse_account_numbers(cls, value: str) -> str:
        if _ACCOUNT_NUMBER.fullmatch(value):
            raise ValueError("this is an alias that appears in reports; never an account number")
        return value

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
            threats=self.threats,
            response=self.response,
            commission_rate=self.commission_rate,
            poll_interval_s=self.poll_interval_s,
            settle_interval_s=self.settle_interval_s,
            settle_polls=self.settle_polls,
        )


def load_settings(**overrides: object) -> Settings:
    """Read the configuration.

    Raises:
        ConfigurationError: with one line that names the place, the reason, and what to do.
    """
    env_file = overrides.get("_env_file", Settings.model_config.get("env_file"))
    try:
        sources = read_sources(Settings, Path(str(env_file)) if env_file else None)
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ConfigurationError(_complaint(error, sources)) from None
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"configuration cannot be read: {' '.join(str(error).split())}") from None


def check_live_flag(settings: Settings) -> None:
    """Refuse mode live without its flag.

    Raises:
        ConfigurationError: with what to set.
    """
    if settings.mode is Mode.LIVE and not settings.live_trading_enabled:
        raise ConfigurationError("mode live needs DAYBOOK_LIVE_TRADING_ENABLED=true as well")


def check_startable(settings: Settings) -> None:
    """Refuse what no trading worker would start with, before anything is started.

    Raises:
        ConfigurationError: naming the flag, the keys or the file that is missing.
    """
    check_live_flag(settings)
    if settings.mode is Mode.PAPER:
        return
    kis, prefix = settings.kis, "mock_" if settings.mode is Mode.MOCK else ""
    names = [f"{prefix}{name}" for name in ("app_key", "app_secret", "account")]
    missing = [name for name in names if not getattr(kis, name).get_secret_value()]
    if names[0] in missing and kis.config_file is not None:
        if not kis.config_file.is_file():
            raise ConfigurationError(f"kis.config_file names {kis.config_file}, which is not there; correct the path")
        return
    if missing:
        variables = ", ".join(f"DAYBOOK_KIS__{name.upper()}" for name in missing)
        raise ConfigurationError(
            f"mode {settings.mode.value} lacks {variables}; put them into .env, or name a kis_devlp.yaml "
            "in DAYBOOK_KIS__CONFIG_FILE"
        )


def home_in_any_case() -> Path:
    """Return the desk's home even when the configuration cannot be used: for halting and for logs."""
    try:
        return load_settings().home
    except ConfigurationError:
        return home_despite_errors(DEFAULT_HOME)


def _complaint(error: ValidationError, sources: Sources) -> str:
    first = error.errors()[0]
    path = tuple(part for part in first["loc"] if isinstance(part, str))
    shown = "" if path[:1] and path[0] in _NEVER_SHOWN else _shown(first["input"])
    hint = _PATTERN_HINTS.get(path[-1], "") if path and "pattern" in first["type"] else _HINTS.get(first["type"], "")
    if "pattern" in first["type"] and hint:
        text = f"{shown or 'the value'} cannot be used"
    else:
        text = first["msg"].removeprefix("Value error, ")
        text = text[0].lower() + text[1:] + (f", not {shown}" if shown else "")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{sources.place_of(path)}: {text}{f'; {hint}' if hint else ''}{more}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if isinstance(value, str | int | float) and len(text) <= _LONGEST_VALUE_SHOWN else ""
