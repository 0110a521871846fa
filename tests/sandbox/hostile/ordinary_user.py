"""Run the harness as an ordinary user, with an interpreter that this user may execute."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
NOBODY = 65_534


class NoOrdinaryUser(Exception):
    """There is no way to be an ordinary user here; the text says why."""


def run_as_user(placement: str, folder: Path) -> dict[str, Any]:
    """The harness's JSON for one placement, run with setpriv as user 65534.

    Raises:
        NoOrdinaryUser: Not root, no setpriv, or no interpreter of this version that the user may execute.
    """
    if os.getuid() != 0:
        raise NoOrdinaryUser("these tests run as an ordinary user already")
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise NoOrdinaryUser("there is no setpriv here")
    as_user = [
        setpriv,
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
    ]
    python = _interpreter(as_user, folder)
    ran = subprocess.run(
        [*as_user, python, "-B", "-m", "tests.sandbox.hostile.harness", "--placement", placement, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if not ran.stdout.strip():
        raise NoOrdinaryUser(f"the harness said nothing: {ran.stderr[-500:]}")
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _interpreter(as_user: list[str], folder: Path) -> str:
    """This interpreter, or the system's of the same version with this one's packages."""
    if _works(as_user, sys.executable):
        return sys.executable
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    system = shutil.which(version, path="/usr/local/bin:/usr/bin")
    if system is None:
        raise NoOrdinaryUser(f"user {NOBODY} may not execute {sys.executable}, and the system has no {version}")
    made = folder / "venv"
    venv.EnvBuilder(with_pip=False).create(made) if system == sys.executable else _make_venv(system, made)
    packages = made / "lib" / version / "site-packages" / "borrowed.pth"
    packages.write_text(sysconfig.get_path("purelib") + "\n")
    for path in (folder, made):
        path.chmod(0o755)
    python = str(made / "bin" / "python")
    if not _works(as_user, python):
        raise NoOrdinaryUser(f"user {NOBODY} cannot use {python} with this environment's packages")
    return python


def _make_venv(system: str, made: Path) -> None:
    subprocess.run([system, "-m", "venv", "--without-pip", str(made)], check=True, capture_output=True)


def _works(as_user: list[str], python: str) -> bool:
    # setpriv itself may still reach what its user may not: the second start is the one that counts.
    code = "import pandas, subprocess, sys; subprocess.run([sys.executable, '-B', '-c', 'import pandas'], check=True)"
    try:
        ran = subprocess.run([*as_user, python, "-B", "-c", code], cwd=ROOT, capture_output=True, check=False)
    except OSError:
        return False
    return ran.returncode == 0
