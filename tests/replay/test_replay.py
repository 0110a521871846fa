"""Recorded histories must replay: a workflow change that breaks running days fails here first."""

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from daybook.contracts.calls import Layer
from workers.hosting import worker_options
from workflows.registry import WORKFLOWS

HISTORIES = Path(__file__).parent / "histories"
KNOWN_BAD = "known-bad"
RECORDED = sorted(path for path in HISTORIES.glob("*/*.json.gz"))
GOOD = [path for path in RECORDED if KNOWN_BAD not in path.name]
BAD = [path for path in RECORDED if KNOWN_BAD in path.name]
NEEDED = {
    "StartTradingDay/started",
    "TradingDay/skipped",
    "TradingDay/trading-suspended",
    "TradingDay/completed",
    "DecisionTick/completed",
    "DecisionTick/before-threats-completed",
    "TradingDay/before-threats-completed",
    "TradingDay/before-threats-suspended",
    "PlaceOrder/filled",
    "PlaceOrder/unknown-then-found",
    "PlaceOrder/approval-suspended",
    "PlaceOrder/approved",
    f"PlaceOrder/{KNOWN_BAD}",
    "StateChange/reduced",
    "Reconciliation/agreed",
    "StartNewsAnalysis/started",
    "NewsAnalysis/completed",
    "Ask/tool-suspended",
    "Ask/completed",
    "ToolCall/completed",
    "CodeRun/calls-suspended",
    "CodeRun/completed",
    "CodeRun/carried-over",
    "CollectMarketData/archive-suspended",
    "CollectMarketData/completed",
    "ScenarioRun/stages-suspended",
    "ScenarioRun/completed",
}


def case(path: Path) -> str:
    return f"{path.parent.name}/{path.name.removesuffix('.json.gz')}"


def read(path: Path) -> dict[str, Any]:
    history: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return history


async def replay(path: Path) -> None:
    replayer = Replayer(
        workflows=list(WORKFLOWS),
        data_converter=pydantic_data_converter,
        interceptors=worker_options(Layer.CONTROL)["interceptors"],
    )
    history = read(path)
    await replayer.replay_workflow(WorkflowHistory.from_json(history["workflowId"], history))


@pytest.mark.parametrize("path", GOOD, ids=case)
async def test_history_when_replayed_then_today_s_workflows_make_the_same_commands(path: Path) -> None:
    await replay(path)


@pytest.mark.parametrize("path", BAD, ids=case)
async def test_history_when_it_was_altered_then_the_replay_fails(path: Path) -> None:
    with pytest.raises(NondeterminismError):
        await replay(path)


def test_histories_when_listed_then_every_workflow_and_case_is_there() -> None:
    assert {case(path) for path in RECORDED} == NEEDED
    assert {path.parent.name for path in GOOD} == {workflow.__name__ for workflow in WORKFLOWS}


@pytest.mark.parametrize("name", sorted(name for name in NEEDED if name.endswith("-suspended")))
def test_history_when_suspended_then_it_has_not_ended(name: str) -> None:
    events = [event["eventType"] for event in read(HISTORIES / f"{name}.json.gz")["events"]]
    assert not any(kind.startswith("EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED") for kind in events)


def test_histories_when_stored_then_they_are_small_and_name_no_machine() -> None:
    assert sum(path.stat().st_size for path in RECORDED) < 1_000_000
    for path in RECORDED:
        text = gzip.decompress(path.read_bytes()).decode()
        payloads = [base64.b64decode(data).decode() for data in re.findall(r'"data":"([A-Za-z0-9+/=]+)"', text)]
        for found in (text, *payloads):
            assert not re.search(r"\d+@\w|/(home|work|tmp|root)/", found), path.name
