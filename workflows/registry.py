"""Every workflow the control worker runs."""

from workflows.ask import Ask
from workflows.code_run import CodeRun
from workflows.collect_market_data import CollectMarketData
from workflows.decision_tick import DecisionTick
from workflows.news_analysis import NewsAnalysis
from workflows.place_order import PlaceOrder
from workflows.reconciliation import Reconciliation
from workflows.scenario_run import ScenarioRun
from workflows.start_news_analysis import StartNewsAnalysis
from workflows.start_trading_day import StartTradingDay
from workflows.state_change import StateChange
from workflows.tool_call import ToolCall
from workflows.trading_day import TradingDay

WORKFLOWS: tuple[type, ...] = (
    StartTradingDay,
    TradingDay,
    DecisionTick,
    PlaceOrder,
    StateChange,
    Reconciliation,
    StartNewsAnalysis,
    NewsAnalysis,
    Ask,
    ToolCall,
    CodeRun,
    CollectMarketData,
    ScenarioRun,
)
