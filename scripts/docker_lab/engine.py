"""A Docker engine of our own: started aside, stopped by its process id, its traces in the kernel taken back."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from docker_lab.programs import CannotTest, Programs

_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_GROUPS = Path("/sys/fs/cgroup")
_STARTS_WITHIN_S = 60


@contextlib.contextmanager
def own_engine(programs: Programs, folder: Path) -> Iterator[None]:
    """Run ``dockerd`` with all its state in ``folder`` while the block runs.

    No default bridge is made. Packet filter rules, forwarding and control groups are put back as they were.

    Raises:
        CannotTest: when the engine does not start here.
    """
    programs.environment["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
    programs.environment["DOCKER_CONFIG"] = str(folder / "client")
    programs.environment["DOCKER_BUILDKIT"] = "0"
    before = _Kernel.seen(programs)
    with (folder / "dockerd.log").open("ab") as log:
        engine = subprocess.Popen(
            [
                *("dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
                *("--host", programs.environment["DOCKER_HOST"], "--pidfile", str(folder / "dockerd.pid")),
                *("--bridge", "none", "--log-level", "warn"),
            ],
            env=programs.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(programs, engine, folder / "dockerd.log")
        yield
    finally:
        _remove_everything(programs)
        _stop(engine)
        _unmount(folder)
        before.put_back(programs)


def _wait_until_it_answers(programs: Programs, engine: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while programs.run("docker", "info", check=False).returncode:
        if engine.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(errors="replace").strip().splitlines()[-3:]
            raise CannotTest(f"the Docker engine does not start here: {' | '.join(last)}")
        time.sleep(0.3)


def _remove_everything(programs: Programs) -> None:
    """Remove containers and networks while the engine can: what is on disk goes with its folder."""
    containers = programs.run("docker", "ps", "--all", "--quiet", check=False).stdout.split()
    if containers:
        programs.run("docker", "rm", "--force", "--volumes", *containers, check=False)
    programs.run("docker", "network", "prune", "--force", check=False)
    programs.run("docker", "volume", "prune", "--force", check=False)


def _stop(engine: "subprocess.Popen[bytes]") -> None:
    if engine.poll() is not None:
        return
    engine.terminate()
    try:
        engine.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(engine.pid, signal.SIGKILL)
        engine.wait(timeout=10)


def _unmount(folder: Path) -> None:
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    below = [line.split()[1] for line in mounts if line.split()[1].startswith(f"{folder}/")]
    for place in sorted(below, key=len, reverse=True):
        subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)


class _Kernel:
    """What an engine changes outside its folder, as it was before."""

    def __init__(self, rules: str, forwarding: str, groups: set[Path]) -> None:
        self._rules = rules
        self._forwarding = forwarding
        self._groups = groups

    @classmethod
    def seen(cls, programs: Programs) -> "_Kernel":
        """Look before the engine starts."""
        rules = programs.run("iptables-save", check=False).stdout
        return cls(rules, _FORWARDING.read_text(encoding="ascii"), set(_GROUPS.glob("**/docker")))

    def put_back(self, programs: Programs) -> None:
        """Undo it."""
        for table in ("filter", "nat"):
            if f"*{table}" not in self._rules:
                for option in ("-F", "-X"):
                    programs.run("iptables", "-t", table, option, check=False)
        if "*filter" not in self._rules:
            programs.run("iptables", "-P", "FORWARD", "ACCEPT", check=False)
        if self._rules.strip():
            programs.run("iptables-restore", input_text=self._rules, check=False)
        _FORWARDING.write_text(self._forwarding, encoding="ascii")
        for group in sorted(set(_GROUPS.glob("**/docker")) - self._groups, key=lambda path: len(path.parts)):
            for inner in sorted(group.rglob("*"), key=lambda path: len(path.parts), reverse=True):
                if inner.is_dir():
                    with contextlib.suppress(OSError):
                        inner.rmdir()
            with contextlib.suppress(OSError):
                group.rmdir()


def free_space_gb(folder: Path) -> float:
    """Return how much space is free where ``folder`` is."""
    return shutil.disk_usage(folder).free / 1e9
