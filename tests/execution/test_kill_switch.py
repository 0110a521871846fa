import os
import stat
from pathlib import Path

import pytest

from daybook.execution.kill_switch import KillSwitch


@pytest.fixture
def switch(tmp_path: Path) -> KillSwitch:
    return KillSwitch(tmp_path / "home" / "HALT")


def test_switch_when_nothing_was_made_then_it_is_off(switch: KillSwitch) -> None:
    assert (switch.is_on(), switch.reason()) == (False, "")


def test_switch_when_engaged_then_it_is_on_with_its_reason_and_readable_by_its_owner_only(switch: KillSwitch) -> None:
    switch.engage("owner", "fire")
    assert (switch.is_on(), "owner: fire" in switch.reason()) == (True, True)
    assert stat.S_IMODE(switch.path.stat().st_mode) == 0o600


def test_switch_when_engaged_twice_then_the_first_reason_stays(switch: KillSwitch) -> None:
    switch.engage("owner", "fire")
    switch.engage("other", "water")
    assert "fire" in switch.reason()


def test_switch_when_cleared_then_it_is_off_and_clearing_again_is_harmless(switch: KillSwitch) -> None:
    switch.engage("owner", "fire")
    switch.clear()
    switch.clear()
    assert not switch.is_on()


def test_switch_when_made_by_hand_as_an_empty_file_or_a_broken_link_then_it_is_on(switch: KillSwitch) -> None:
    switch.path.parent.mkdir()
    switch.path.symlink_to(switch.path.parent / "nowhere")
    assert (switch.is_on(), switch.reason()) == (True, "")
    switch.clear()
    switch.path.touch()
    assert switch.is_on()


def test_switch_when_its_folder_cannot_be_looked_into_then_it_counts_as_on(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    assert KillSwitch(in_the_way / "HALT").is_on()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_switch_when_permission_is_denied_then_it_counts_as_on(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o000)
    try:
        assert KillSwitch(folder / "HALT").is_on()
    finally:
        folder.chmod(0o700)
