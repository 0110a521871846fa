"""The pipeline worker: news, filings, analysis, models and reports; reads the database, reaches no broker."""

import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from temporalio.client import Client

from activities.archive import ArchiveActivities
from activities.ask import AskActivities
from activities.code import CodeActivities
from activities.news import NewsActivities
from activities.pipeline import PipelineActivities
from activities.scenario import ScenarioActivities
from activities.serving import served_by
from activities.threats import ThreatActivities
from activities.tools import tool_activities
from daybook.ask.book import RedactedBook
from daybook.ask.desk import AskDesk
from daybook.ask.models import ModelNames
from daybook.ask.prompt import SYSTEM
from daybook.code.book import RedactedRunBook
from daybook.code.explainer import RunExplainer
from daybook.code.writer import ScriptWriter
from daybook.contracts.base import KST
from daybook.contracts.calls import Layer
from daybook.filings.dart import DartClient
from daybook.filings.edgar import EdgarClient
from daybook.filings.ports import DartSource, EdgarSource
from daybook.filings.valuations import Closes, StoredCloses
from daybook.llm.catalogue import Catalogue
from daybook.llm.completion import CompletionDesk
from daybook.llm.errors import CatalogueError
from daybook.llm.ledger import CallLedger
from daybook.llm.port import ModelProvider
from daybook.llm.providers import available_models, build_providers
from daybook.llm.redaction import Redactor, known_secrets
from daybook.news.cyber_alert import CyberAlertFeed
from daybook.news.library import NewsLibrary
from daybook.news.reading import NewsReader
from daybook.news.room import NewsRoom
from daybook.news.threat_readings import ThreatReader
from daybook.report.chart_folder import HomeCharts
from daybook.routing.classifier import IntentClassifier
from daybook.routing.router import Router
from daybook.routing.second_stage_setup import second_stage_of
from daybook.routing.securities import Securities
from daybook.scenario_desk.desk import ScenarioDesk
from daybook.scenario_desk.warm import start_warming
from daybook.settings import ConfigurationError, Settings
from daybook.skills.fundamental.value_chain import SectorList, SectorPeers
from daybook.skills.intelligence.model_desk import ModelDesk
from daybook.skills.market_data.event_book import EventBook, Events
from daybook.skills.market_data.market_port import Listing
from daybook.skills.policy import tool_calls_of
from daybook.skills.registry import registry
from daybook.skills.running import Providers
from daybook.skills.technical.ports import ChartFolder, DeskUniverse, PriceHistory
from daybook.skills.toolbox import ToolBox
from daybook.storage.answers import AnswerStore
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.day_archive import DayArchive
from daybook.storage.evidence import EvidenceRoom
from daybook.storage.llm_calls import LlmCallStore
from daybook.storage.notice_file import NoticeFile
from daybook.storage.object_backend import object_store_of
from daybook.storage.object_book import ObjectBook
from daybook.storage.scripts import ScriptStore
from daybook.storage.series_archive import SeriesArchive
from workers.hosting import run_worker


def _now() -> datetime:
    return datetime.now(KST)


class PipelineParts:
    """What the pipeline layer is made of; one of each a process.

    Raises:
        ConfigurationError: when the catalogue of models cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        try:
            self.catalogue = Catalogue.of(settings.llm)
        except CatalogueError as error:
            raise ConfigurationError(str(error)) from error
        self.settings = settings
        self.database = Database(settings.ledger_url)
        self.database.upgrade()
        self.providers: dict[str, ModelProvider] = build_providers(settings.llm, os.environ, self.catalogue)
        self.redactor = Redactor(known_secrets(settings))
        self.calls = LlmCallStore(self.database)
        self.securities = Securities.shipped()
        self.completer = CompletionDesk(
            self.providers,
            self.catalogue,
            registry().tools,
            self.calls,
            settings.llm,
            _now,
            redactor=self.redactor,
        )
        self.model_names = ModelNames(self.catalogue, self.providers, _now)
        self.objects = ObjectBook(self.database, object_store_of(settings.objects, settings.home))
        self.news = NewsRoom.of(settings, self.database, self.completer)
        self.router = self._router()

    def warn_of_models(self) -> None:
        """Log a line for each model in use that is gone, or soon will be."""
        llm = self.settings.llm
        used = [name for name in (*llm.preferred_models, llm.router_model) if name]
        for line in self.catalogue.warnings(_now().date(), used):
            logging.getLogger("daybook.llm").warning(line)

    def _router(self) -> Router:
        llm, today = self.settings.llm, _now().date()
        ledger = CallLedger(self.calls, llm, _now)
        return Router(
            IntentClassifier.shipped(),
            self.securities,
            registry(),
            available_models(self.catalogue, self.providers, llm, today),
            second_stage_of(llm, self.catalogue, ledger, os.environ, today, redact=self.redactor.redact),
            preferred=llm.preferred_models,
            system=SYSTEM,
        )

    def ask_desk(self) -> AskDesk:
        """Return the asking desk."""
        return AskDesk(
            self.router,
            registry(),
            self.completer,
            RedactedBook(AnswerStore(self.database), self.redactor.redact),
            self.name_of,
            self.model_names.complaint,
        )

    def script_writer(self) -> ScriptWriter:
        """Return what gets scripts: from a person, the store, a model or the shipped library."""
        return ScriptWriter(
            self.router,
            registry(),
            self.completer,
            ScriptStore(self.database),
            self.securities,
            self.model_names.complaint,
        )

    def run_explainer(self) -> RunExplainer:
        """Return what explains and keeps runs."""
        book = RedactedRunBook(self.database, self.redactor.redact)
        return RunExplainer(self.completer, book, registry().tools, self.securities)

    def scenario_desk(self) -> ScenarioDesk:
        """Return what runs scenarios."""
        return ScenarioDesk(self.database, self.objects, self.completer.complete, _now)

    def name_of(self, symbol: str, language: str) -> str:
        """Return the name of a symbol in a language, the symbol itself when it is not known."""
        found = self.securities.by_symbol(symbol)
        if found is None:
            return symbol
        return (found.english_name if language == "en" else "") or found.name

    def tool_providers(self) -> Providers:
        """Return what the pipeline layer's tools are given."""
        news, bars = self.settings.news, BarStore(self.database)
        return {
            Listing: self.securities,
            Events: EventBook(self.settings.home),
            ModelDesk: self.completer,
            NewsReader: NewsLibrary(self.news),
            DartSource: DartClient(
                news.dart_api_key, home=self.settings.home, base_url=news.dart_base_url, timeout_s=news.timeout_s
            ),
            EdgarSource: EdgarClient(
                news.sec_user_agent,
                data_base_url=news.sec_data_base_url,
                www_base_url=news.sec_www_base_url,
                timeout_s=news.timeout_s,
            ),
            Closes: StoredCloses(bars.daily),
            SectorPeers: SectorList(),
            PriceHistory: bars,
            ChartFolder: HomeCharts(self.settings.home),
            DeskUniverse: DeskUniverse(self.settings.strategy.universe_symbols or tuple(bars.symbols())),
        }


def rooms(settings: Settings, client: Client) -> Sequence[Callable[..., Any]]:
    """Build the pipeline layer's activities."""
    parts = PipelineParts(settings)
    parts.warn_of_models()
    tools = ToolBox(Layer.PIPELINE, registry(), parts.tool_providers())
    start_warming()
    return [
        *served_by(PipelineActivities(parts.database, settings.home, _now)),
        *served_by(
            ArchiveActivities(
                SeriesArchive(parts.database, parts.objects),
                DayArchive(parts.database, settings.home, parts.objects),
            )
        ),
        *served_by(NewsActivities(parts.news)),
        *served_by(
            ThreatActivities(
                parts.database,
                ThreatReader(parts.database, CyberAlertFeed(settings.feeds)),
                NoticeFile(settings.home),
                EvidenceRoom(parts.database, parts.objects),
            )
        ),
        *served_by(AskActivities(parts.ask_desk())),
        *served_by(CodeActivities(parts.script_writer(), parts.run_explainer())),
        *served_by(ScenarioActivities(parts.scenario_desk())),
        *tool_activities(tools),
    ]


if __name__ == "__main__":
    run_worker(Layer.PIPELINE, rooms=rooms, tools=tool_calls_of(Layer.PIPELINE), threads=16)
