"""``daybook reduce | resume | reconcile | state | arm | disarm``."""

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
    require_live_flag,
    settings,
    with_desk,
)
from daybook.contracts.base import Mode
from daybook.contracts.state import StateAction, StateChangeResult
from daybook.execution.kill_switch import KillSwitch
from daybook.settings import Settings
from daybook.storage import Database, StateStore

Reason = Annotated[str, typer.Argument(help="Why; kept in the audit log.")]
_LONGEST_TOKEN = 100


def reduce(reason: Reason = "reduced by hand") -> None:
    """Let only sells through and cancel buys; stays until resumed."""
    result = _change(StateAction.REDUCE, reason=parse_reason(reason) or "reduced by hand")
    print_text(f"trading state: {result.state.value}")


def resume(
    confirm: Annotated[str, typer.Option(help="The token printed by the first step.")] = "",
) -> None:
    """Trade again, in two steps: without --confirm a token is printed, with it the halt is lifted."""
    action = StateAction.CONFIRM_RESUME if confirm else StateAction.REQUEST_RESUME
    result = _change(action, token=_token(confirm, "daybook resume"))
    if result.token:
        print_text(f"step 1 of 2 done; within 10 minutes run: daybook resume --confirm {result.token}")
    else:
        print_text(f"trading state: {result.state.value}")


def arm(
    confirm: Annotated[str, typer.Option(help="The token printed by the first step.")] = "",
) -> None:
    """Allow real orders until today's close, in two steps. Only in mode live.

    Without --confirm a token is printed; with it the desk is armed. It ends by itself at the close.
    """
    configured = client_settings()
    _require_live(configured)
    action = StateAction.CONFIRM_ARM if confirm else StateAction.REQUEST_ARM
    result = _change(action, token=_token(confirm, "daybook arm"), using=configured)
    if result.token:
        print_text(f"step 1 of 2 done; {result.text}: daybook arm --confirm {result.token}")
    else:
        print_text(f"{result.text}; trading state: {result.state.value}")


def disarm() -> None:
    """Take back the permission to send real orders, at once."""
    configured = client_settings()
    _require_live(configured)
    print_text(_change(StateAction.DISARM, using=configured).text)


def _require_live(configured: Settings) -> None:
    if configured.mode is not Mode.LIVE:
        fail(f"arming is for mode live; this desk is configured for mode {configured.mode.value}")
    require_live_flag(configured)


def _change(
    action: StateAction, *, reason: str = "", token: str = "", using: Settings | None = None
) -> StateChangeResult:
    result = with_desk(
        lambda desk: desk.change_state(action, by=person(), reason=reason, token=token),
        using=using,
    )
    if not result.accepted:
        fail(result.text)
    return result


def _token(text: str, command: str) -> str:
    if len(text) > _LONGEST_TOKEN or not (text.isascii() and text.isprintable()):
        fail(f"that is no token; start again with: {command}")
    return text.strip()


def state(as_json: AsJson = False) -> None:
    """Show the trading state and why."""
    configured = settings()
    with ledger(configured) as database:
        facts = trading_state(configured, database)
    if as_json:
        print_json(facts)
        return
    print_text("\n".join(state_lines(facts)))


def trading_state(configured: Settings, database: Database) -> dict[str, Any]:
    """Return the trading state in force: the ledger's, and above it the kill-switch file."""
    store = StateStore(database)
    current = store.current(configured.account)
    switch = KillSwitch(configured.kill_switch_path)
    engaged = switch.is_on()
    return {
        "account": configured.account,
        "state": "halted" if engaged else current.state.value,
        "ledger_state": current.state.value,
        "reason_code": current.reason_code,
        "reason": current.reason,
        "by": current.by,
        "at": current.at.isoformat() if current.at else None,
        "kill_switch": {"engaged": engaged, "path": str(switch.path), "reason": switch.reason() if engaged else ""},
        "locked_symbols": {symbol: lock.reason for symbol, lock in store.locked_symbols(configured.account).items()},
        "armed": store.is_armed(configured.account, datetime.now(UTC)) if configured.mode is Mode.LIVE else None,
    }


def state_lines(facts: dict[str, Any]) -> list[str]:
    """Return the trading state as lines of 80 columns."""
    because = " ".join(filter(None, (facts["reason_code"], facts["reason"], facts["by"] and f"(by {facts['by']})")))
    shown = facts["state"] if facts["state"] == "active" else str(facts["state"]).upper()
    lines = [labelled("trading state", f"{shown} {because}".rstrip())]
    if facts["kill_switch"]["engaged"]:
        lines.append(labelled("kill switch", f"ON {facts['kill_switch']['path']}"))
        lines.append(labelled("", facts["kill_switch"]["reason"]))
    if facts["locked_symbols"]:
        lines.append(labelled("locked", ", ".join(facts["locked_symbols"])))
    if facts["armed"] is not None:
        lines.append(labelled("real orders", "ARMED until the close" if facts["armed"] else "not armed: daybook arm"))
    return lines


def reconcile(
    accept: Annotated[bool, typer.Option("--accept", help="Adopt unexplained differences in your name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare ledger and broker now; exit code 1 when they differ."""
    report = with_desk(lambda desk: desk.reconcile(accept_by=person() if accept else ""))
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        print_text(report.summary())
        for difference in report.differences:
            verdict = "adopted" if difference.adopted else "OPEN"
            print_text(
                f"  {verdict} {difference.code.value} {difference.subject}: ledger {difference.ledger}, "
                f"broker {difference.broker}\n    {difference.text}".rstrip()
            )
    if not report.signed_off:
        raise typer.Exit(1)
