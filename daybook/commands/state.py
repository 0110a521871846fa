"""``daybook halt | reduce | resume | reconcile | state``."""

from typing import Annotated

import typer

from daybook.commands.support import console, fail, ledger, note, person, settings, with_desk
from daybook.contracts.state import StateAction, StateChangeResult
from daybook.execution.kill_switch import KillSwitch
from daybook.front.desk import DeskError
from daybook.storage import StateStore

Reason = Annotated[str, typer.Argument(help="Why; kept in the audit log.")]


def halt(reason: Reason = "halted by hand") -> None:
    """Stop all new orders at once and cancel buys. Works with the Temporal server down; stays until resumed."""
    configured = settings()
    switch = KillSwitch(configured.kill_switch_path)
    switch.engage(person(), reason)
    console.print(f"kill-switch file written: {switch.path}; no order is sent from now on")
    try:
        result = with_desk(lambda desk: desk.change_state(StateAction.HALT, by=person(), reason=reason))
    except DeskError as error:
        note(f"daybook: {error} (the file alone stops every order; buys at the broker are not cancelled)")
        raise typer.Exit(0) from None
    console.print(f"trading state: {result.state.value}")


def reduce(reason: Reason = "reduced by hand") -> None:
    """Let only sells through and cancel buys; stays until resumed."""
    result = with_desk(lambda desk: desk.change_state(StateAction.REDUCE, by=person(), reason=reason))
    console.print(f"trading state: {result.state.value}")


def resume(
    confirm: Annotated[str, typer.Option(help="The token printed by the first step.")] = "",
) -> None:
    """Trade again, in two steps: without --confirm a token is printed, with it the halt is lifted."""
    action = StateAction.CONFIRM_RESUME if confirm else StateAction.REQUEST_RESUME
    result: StateChangeResult = with_desk(lambda desk: desk.change_state(action, by=person(), token=confirm))
    if not result.accepted:
        fail(result.text)
    if result.token:
        console.print(f"step 1 of 2 done; within 10 minutes run: daybook resume --confirm {result.token}")
    else:
        console.print(f"trading state: {result.state.value}")


def state() -> None:
    """Show the trading state and why."""
    configured = settings()
    current = StateStore(ledger(configured)).current(configured.account)
    switch = KillSwitch(configured.kill_switch_path)
    name = "halted" if switch.is_on() else current.state.value
    console.print(f"trading state: {name} {current.reason_code} {current.reason}".rstrip())
    if switch.is_on():
        console.print(f"kill-switch file: {switch.path} ({switch.reason()})")


def reconcile(
    accept: Annotated[bool, typer.Option("--accept", help="Adopt unexplained differences in your name.")] = False,
) -> None:
    """Compare ledger and broker now; exit code 1 when they differ."""
    report = with_desk(lambda desk: desk.reconcile(accept_by=person() if accept else ""))
    console.print(report.summary())
    for difference in report.differences:
        console.print(
            f"  {difference.code.value} {difference.subject}: ledger {difference.ledger}, broker {difference.broker}"
            f" - {'adopted' if difference.adopted else 'OPEN'}: {difference.text}"
        )
    if not report.signed_off:
        raise typer.Exit(1)
