"""``daybook halt``: works with the server down, the database broken and the configuration unusable."""

from typing import Annotated

import typer

from daybook.commands.support import (
    CommandError,
    client_settings,
    fail,
    note,
    parse_reason,
    person,
    print_text,
    with_desk,
)
from daybook.contracts.state import StateAction, StateChangeResult
from daybook.execution.kill_switch import KillSwitch
from daybook.front.desk import Desk, DeskError
from daybook.settings import ConfigurationError, Settings, home_in_any_case

_BY_HAND = "halted by hand"
_ANSWER_WITHIN_S = 20.0


def halt(reason: Annotated[str, typer.Argument(help="Why; kept in the audit log.")] = _BY_HAND) -> None:
    """Stop all new orders at once and cancel buys; stays until resumed.

    Works with the Temporal server down and the database broken: the file it writes first is enough.
    """
    why = parse_reason(reason) or _BY_HAND
    try:
        configured = client_settings()
    except ConfigurationError as error:
        _halt_without_configuration(why, error)
    is_a_desk = _has_a_desk(configured)
    is_written = _write_file(KillSwitch(configured.kill_switch_path), why)
    try:
        result = with_desk(lambda desk: _tell(desk, why), using=configured)
    except (DeskError, CommandError) as error:
        if not is_written:
            fail(f"NOT HALTED: {error}; create the file {configured.kill_switch_path} by hand, or stop the workers")
        if not is_a_desk:
            fail(f"PERHAPS NOT HALTED: {error}; no desk has run in {configured.home}, name its home in DAYBOOK_HOME")
        note(f"daybook: {error} (the file alone stops every order; buys at the broker are not cancelled)")
        return
    print_text(f"trading state: {result.state.value}")
    if not is_written:
        fail(f"the desk is halted by the ledger alone; {configured.kill_switch_path} could not be written")


def _has_a_desk(configured: Settings) -> bool:
    """Whether a desk has run in the home: a file elsewhere stops nobody."""
    try:
        return bool(configured.database_url.get_secret_value()) or (configured.home / "daybook.db").exists()
    except OSError:
        return True


async def _tell(desk: Desk, reason: str) -> StateChangeResult:
    workflow_id = await desk.begin_state_change(StateAction.HALT, by=person(), reason=reason)
    return await desk.state_change_result(workflow_id, timeout_s=_ANSWER_WITHIN_S)


def _write_file(switch: KillSwitch, reason: str) -> bool:
    """Engage the kill switch; whether its file is there."""
    try:
        switch.engage(person(), reason)
    except OSError as error:
        if not _is_there(switch):
            note(f"daybook: {switch.path} cannot be written: {error.strerror or error}")
            return False
    print_text(f"kill-switch file written: {switch.path}; no order is sent from now on")
    return True


def _is_there(switch: KillSwitch) -> bool:
    try:
        switch.path.lstat()
    except OSError:
        return False
    return True


def _halt_without_configuration(reason: str, error: ConfigurationError) -> None:
    home = home_in_any_case()
    is_a_desk = (home / "daybook.db").exists()
    switch = KillSwitch(home / "HALT")
    if not _write_file(switch, reason):
        fail(f"NOT HALTED: {error}; create the file HALT in the desk's home by hand")
    if not is_a_desk:
        fail(f"PERHAPS NOT HALTED: {error}; no desk has run in {home}, name its home in DAYBOOK_HOME")
    fail(f"{error} (the file alone stops every order; buys at the broker are not cancelled)")
