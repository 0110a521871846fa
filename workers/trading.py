"""The trading worker: the only process that holds KIS keys and sends orders."""

from collections.abc import Callable, Sequence
from typing import Any

from temporalio.client import Client

from activities.health import HealthActivities
from activities.serving import served_by
from activities.tools import tool_activities
from activities.trading import TradingActivities
from daybook.broker.kis.client import KisBroker, build_broker
from daybook.broker.kis.credentials import credentials_from_values, paper_credentials, read_kis_devlp
from daybook.broker.kis.stream import KisStream
from daybook.broker.kis.stream_settings import StreamSettings
from daybook.broker.port import BrokerError
from daybook.contracts.base import Mode
from daybook.contracts.calls import Layer
from daybook.execution.account_view import AccountView
from daybook.execution.context import ContextReader
from daybook.execution.desk import ExecutionDesk
from daybook.execution.dry_check import DryChecker
from daybook.execution.health import HealthReader
from daybook.execution.kill_switch import KillSwitch
from daybook.execution.limits_view import LimitsView
from daybook.execution.market_view import MarketView
from daybook.execution.ticket_draft import TicketDrafter
from daybook.settings import ConfigurationError, Settings
from daybook.skills.market_data.market_port import MarketQuotes
from daybook.skills.policy import tool_calls_of
from daybook.skills.registry import registry
from daybook.skills.running import Providers
from daybook.skills.toolbox import ToolBox
from daybook.skills.trading.kis import BrokerReads
from daybook.skills.trading.order import TicketDrafts
from daybook.skills.trading.risk import RiskDesk
from daybook.storage.database import Database
from workers.hosting import run_worker

PAPER_ORDER_TIMEOUT_S = 2.0
LIVE_ORDER_TIMEOUT_S = 5.0


def broker_of(settings: Settings) -> KisBroker:
    """Build the broker of this process's one mode.

    Raises:
        ConfigurationError: when keys are missing or do not fit the mode.
    """
    kis, mode = settings.kis, settings.mode
    prefix = "mock_" if mode is Mode.MOCK else ""
    try:
        if mode is Mode.PAPER:
            credentials = paper_credentials()
        elif kis.config_file is not None and not getattr(kis, f"{prefix}app_key").get_secret_value():
            credentials = read_kis_devlp(kis.config_file, mode)
        else:
            credentials = credentials_from_values(
                mode,
                app_key=getattr(kis, f"{prefix}app_key").get_secret_value(),
                app_secret=getattr(kis, f"{prefix}app_secret").get_secret_value(),
                account=getattr(kis, f"{prefix}account").get_secret_value(),
                hts_id=getattr(kis, f"{prefix}hts_id"),
            )
        paper = mode is Mode.PAPER
        return build_broker(
            mode,
            credentials,
            state_dir=settings.home / "kis",
            base_url=settings.paper_url if paper else None,
            stream_url=settings.paper_url.replace("http://", "ws://", 1) if paper else None,
            new_key_until=kis.new_key_until,
            rest_per_second=settings.rest_per_second,
            order_timeout_s=PAPER_ORDER_TIMEOUT_S if paper else LIVE_ORDER_TIMEOUT_S,
        )
    except BrokerError as error:
        raise ConfigurationError(f"{error}; {error.advice}".strip("; ")) from error


def build_desk(settings: Settings, broker: KisBroker) -> ExecutionDesk:
    """Compose broker, ledger and kill switch."""
    database = Database(settings.ledger_url)
    database.upgrade()
    return ExecutionDesk(
        account=settings.account,
        mode=settings.mode,
        broker=broker,
        database=database,
        kill_switch=KillSwitch(settings.kill_switch_path),
        limits=settings.limits,
        hedge_symbol=settings.response.hedge_symbol,
        post_lead_s=2.0 if settings.mode is Mode.PAPER else 6.0,
        post_timeout_s=PAPER_ORDER_TIMEOUT_S if settings.mode is Mode.PAPER else LIVE_ORDER_TIMEOUT_S,
    )


def rooms(settings: Settings, client: Client) -> Sequence[Callable[..., Any]]:
    """Build the trading layer's activities."""
    broker = broker_of(settings)
    has_notices = settings.mode is Mode.PAPER or bool(settings.kis.hts_id or settings.kis.mock_hts_id)

    def stream() -> KisStream:
        return broker.stream(StreamSettings(notices=has_notices))

    desk = build_desk(settings, broker)
    tools = ToolBox(Layer.TRADING, registry(), tool_providers(desk, broker, settings))
    return [
        *served_by(TradingActivities(desk, client, stream, settings.commission_rate)),
        *served_by(HealthActivities(HealthReader(desk, broker), client)),
        *tool_activities(tools),
    ]


def tool_providers(desk: ExecutionDesk, broker: KisBroker, settings: Settings) -> Providers:
    """Return what the trading layer's tools are given: views of the account and drafts, nothing that sends."""
    checker = DryChecker(desk, ContextReader(desk))
    return {
        BrokerReads: AccountView(desk),
        TicketDrafts: TicketDrafter(desk, checker, settings.commission_rate),
        RiskDesk: LimitsView(desk, checker),
        MarketQuotes: MarketView(broker, broker.scan),
    }


if __name__ == "__main__":
    run_worker(Layer.TRADING, rooms=rooms, tools=tool_calls_of(Layer.TRADING), threads=24)
