"""``daybook threat``: the level, its reasons, the playbook's actions, and a person's word on them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from daybook.commands.screen import labelled
from daybook.commands.support import (
    AsJson,
    client_settings,
    fail,
    ledger,
    parse_reason,
    person,
    print_json,
    print_text,
    today,
    with_desk,
)
from daybook.contracts.day import DayState
from daybook.contracts.response import ActionRecord
from daybook.contracts.response_codes import ActionState
from daybook.contracts.threat_readings import ThreatReasonCode
from daybook.contracts.threats import LEVEL_NAMES_EN, FalseAlarm, ThreatAssessment
from daybook.front.desk import Desk, DeskNotFound, DeskUnreachable
from daybook.front.threats import ThreatDesk
from daybook.settings import Settings
from daybook.storage import Database
from daybook.storage.response_actions import ResponseActionStore
from daybook.storage.threats import ThreatStore

app = typer.Typer(help="The threat level and the response playbook.", invoke_without_command=True)

ActionArgument = Annotated[str, typer.Argument(help="The action's id, or the beginning of one.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with it.")]
_ACTION = re.compile(r"[A-Za-z0-9._-]{1,60}", re.ASCII)
_SYMBOL = re.compile(r"[0-9A-Z]{6,7}", re.ASCII)
_HIGHEST = 5


@app.callback()
def threat(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the threat level, why it stands there, how old the data is, and the actions with their time left."""
    if context.invoked_subcommand is not None:
        return
    configured = client_settings()
    assessment, actions, floor, live = _seen(configured)
    now = datetime.now(UTC)
    if as_json:
        print_json(
            {
                "running": live,
                "floor": floor,
                "assessment": assessment.model_dump(mode="json") if assessment else None,
                "actions": [record.model_dump(mode="json") for record in actions],
            }
        )
        return
    print_text("\n".join((*level_lines(assessment, now, live=live), *action_lines(actions, now))))


@app.command()
def approve(action: ActionArgument, reason: Reason = "") -> None:
    """Approve an action that waits.

    One of two steps asks for a second yes.
    """
    _decide(action, granted=True, reason=reason)


@app.command()
def reject(action: ActionArgument, reason: Reason = "") -> None:
    """Reject an action that waits.

    The same causes do not ask again.
    """
    _decide(action, granted=False, reason=reason)


@app.command("false-alarm")
def false_alarm(
    code: Annotated[str, typer.Argument(help="A reason's code, as `daybook threat` shows it.")],
    reason: Reason,
    symbol: Annotated[str, typer.Option(help="Only of this holding.")] = "",
) -> None:
    """Withdraw a signal of the threat level.

    The level falls at once, and what only this signal caused is undone.
    """
    name, _, of_symbol = code.strip().upper().partition(":")
    wanted = (symbol.strip() or of_symbol).upper()
    if name not in ThreatReasonCode.__members__:
        fail(f"{code[:40]!r} is no reason's code; the codes in force are shown by: daybook threat")
    if wanted and not _SYMBOL.fullmatch(wanted):
        fail(f"{wanted[:40]!r} is no KRX code; write one as in 005930")
    why = parse_reason(reason)
    if not why:
        fail("--reason is empty; say why it is a false alarm")
    alarm = FalseAlarm(by=person(), reason=why, codes=(ThreatReasonCode(name),), symbols=(wanted,) if wanted else ())
    _with_threats(lambda threats: threats.say_false_alarm(alarm))
    print_text(f"{name}{f':{wanted}' if wanted else ''} is withdrawn; look with: daybook threat")


@app.command()
def level(
    minimum: Annotated[int, typer.Argument(metavar="LEVEL", help="0 to 5; 0 takes it back.")],
    reason: Reason,
) -> None:
    """Set your own minimum of the level."""
    if not 0 <= minimum <= _HIGHEST:
        fail(f"{minimum} is no level; write 0 to {_HIGHEST}")
    why = parse_reason(reason)
    if not why:
        fail("--reason is empty; say why")
    _with_threats(lambda threats: threats.say_level(minimum, by=person(), reason=why))
    print_text(f"the threat level is at least {minimum}; look with: daybook threat")


def _decide(action: str, *, granted: bool, reason: str) -> None:
    if not _ACTION.fullmatch(action):
        fail(f"{action[:80]!r} cannot be an action; they are shown by: daybook threat")
    why, by = parse_reason(reason), person()

    async def decide(threats: ThreatDesk) -> str:
        state = await threats.state()
        return await threats.decide(_one(action, state.actions), granted=granted, by=by, reason=why)

    print_text(_with_threats(decide))


def _one(prefix: str, actions: tuple[ActionRecord, ...]) -> str:
    """Return the full id of an action that waits, from a unique beginning; an unknown one goes as it is."""
    ids = [record.action_id for record in actions if record.state is ActionState.WAITING]
    found = [action_id for action_id in ids if action_id.startswith(prefix)]
    if len(found) > 1 and prefix not in found:
        fail(f"{prefix} fits {', '.join(found[:5])}; write more of it")
    return found[0] if len(found) == 1 else prefix


def _with_threats(action: Any) -> Any:
    configured = client_settings()

    async def run(desk: Desk) -> Any:
        return await action(ThreatDesk(desk, configured.temporal.address))

    return with_desk(run, using=configured)


def _seen(configured: Settings) -> tuple[ThreatAssessment | None, tuple[ActionRecord, ...], int, bool]:
    """Return assessment, actions and floor of the running day, else those recorded last."""

    async def ask(desk: Desk) -> DayState:
        return await ThreatDesk(desk, configured.temporal.address).state()

    try:
        state = with_desk(ask, using=configured)
    except (DeskUnreachable, DeskNotFound):
        with ledger(configured) as database:
            return _recorded(configured, database)
    return state.threat, state.actions, state.threat_floor, True


def _recorded(
    configured: Settings, database: Database
) -> tuple[ThreatAssessment | None, tuple[ActionRecord, ...], int, bool]:
    kept = ThreatStore(database).latest(configured.account)
    if kept is None:
        return None, (), 0, False
    actions = ResponseActionStore(database).of_day(configured.account, kept.day or today())
    return kept.assessment, tuple(actions), kept.memory.floor, False


def level_lines(assessment: ThreatAssessment | None, now: datetime, *, live: bool) -> list[str]:
    """Return the level and its reasons as lines of 80 columns."""
    if assessment is None:
        return ["the threat level has not been assessed; it is during a trading day: daybook up"]
    lines = [labelled("threat level", f"{assessment.level} {LEVEL_NAMES_EN[assessment.level]}")]
    if assessment.floor:
        lines.append(labelled("", f"at least {assessment.floor}, says a person"))
    age_s = max(0.0, (now - assessment.assessed_at).total_seconds())
    lines.append(labelled("assessed", f"{_age(age_s)} ago{'' if live else ', no day is running'}"))
    for channel in assessment.channels:
        known = "" if channel.known else " (not known now)"
        age = "never" if channel.age_s is None else f"{_age(channel.age_s + age_s)} old"
        lines.append(labelled(channel.channel.value, f"level {channel.level}{known}, data {age}"))
        lines += [labelled("", f"{reason.level} {reason.key}: {reason.text_en}") for reason in channel.reasons]
    if assessment.dismissed:
        lines.append(labelled("withdrawn", ", ".join(assessment.dismissed)))
    if assessment.calm_left_min is not None:
        lines.append(labelled("next step", f"down after {assessment.calm_left_min:.0f} more market minutes of calm"))
    lines += [labelled("unknown", problem) for problem in assessment.problems[:6]]
    return lines


def action_lines(actions: tuple[ActionRecord, ...], now: datetime) -> list[str]:
    """Return the actions, those that wait first, with the time left to answer."""
    ordered = sorted(actions, key=lambda record: record.state is not ActionState.WAITING)
    lines: list[str] = []
    for record in ordered:
        until = record.proposal.expires_at
        left = ""
        if record.state is ActionState.WAITING and until is not None:
            left_s = (until - now).total_seconds()
            left = f", {_age(left_s)} left" if left_s > 0 else ", out of time"
        lines.append(labelled(record.code.value, f"{record.state.value.upper()}{left}: {record.proposal.text_en}"))
        lines.append(labelled("", f"{record.action_id} {record.text}".strip()))
        if left and not left.endswith("time"):
            lines.append(labelled("", f"daybook threat approve {record.action_id}"))
    return ["", *lines] if lines else ["", "no action of the playbook"]


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"
