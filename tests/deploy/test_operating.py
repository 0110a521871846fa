"""What an operator runs beside compose.yaml."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.composing import COMPOSE, compose_programs, own_reading
from tests.deploy.imports import ROOT

FOLDER = ROOT / "deploy" / "docker"


def make_secrets(folder: Path) -> None:
    environment = {"PATH": os.defpath, "DESK_SECRETS": str(folder)}
    subprocess.run([FOLDER / "make_secrets.sh"], env=environment, check=True, capture_output=True, timeout=30)


def test_make_secrets_when_there_are_none_then_every_secret_gets_an_empty_file_and_none_is_overwritten(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    files = {path.name: path for path in folder.iterdir()}
    assert sorted(files) == sorted(own_reading()["secrets"])
    assert {path.read_text() for path in files.values()} == {""}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o444}
    files["daybook_kis__app_key"].chmod(0o644)
    files["daybook_kis__app_key"].write_text("kept")
    make_secrets(folder)
    assert files["daybook_kis__app_key"].read_text() == "kept"


def test_secrets_when_they_are_declared_then_each_has_a_file_of_its_own_name_in_one_folder() -> None:
    for name, secret in own_reading()["secrets"].items():
        assert secret == {"file": f"./.daybook/secrets/{name}"}


def test_operator_file_when_it_is_added_then_it_opens_temporal_on_loopback_and_changes_nothing_else() -> None:
    added = yaml.safe_load((FOLDER / "compose.operator.yaml").read_text(encoding="utf-8"))
    assert list(added) == ["services"]
    assert list(added["services"]) == ["temporal"]
    temporal = added["services"]["temporal"]
    assert sorted(temporal) == ["networks", "ports"]
    assert sorted(temporal["networks"]) == ["front", "isolated"]
    assert all(port.startswith("127.0.0.1:") for port in temporal["ports"])


def test_operator_file_when_real_compose_merges_it_then_it_is_taken() -> None:
    programs = compose_programs()
    if not programs:
        pytest.skip("no Compose on this machine: install docker-compose, or name one in DAYBOOK_TEST_COMPOSE")
    for command in programs.values():
        subprocess.run(
            [*command, "-f", str(COMPOSE), "-f", str(FOLDER / "compose.operator.yaml"), "config", "--quiet"],
            check=True,
            capture_output=True,
            timeout=60,
        )
