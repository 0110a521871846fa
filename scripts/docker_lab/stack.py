"""compose.yaml brought up on the own engine, and what its containers are and may do, seen from inside and outside."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from docker_lab import outside
from docker_lab.building import ROOT
from docker_lab.programs import Programs

PROJECT = "daybook-test"
SERVICES = ("temporal", "control", "runner", "sandbox", "pipeline", "trading", "api", "paper")
PYTHON = "/opt/daybook/bin/python"
HEALTHY_WITHIN_S = 240
_PROBE = r"""
import json, os, socket
def lines(path): return open(path).read().splitlines()
def can_write(folder):
    try:
        path = os.path.join(folder, "probe"); open(path, "w").close(); os.unlink(path); return True
    except OSError: return False
def reaches(address):
    try: socket.create_connection(address, timeout=2).close(); return True
    except OSError: return False
status = dict(line.split(":\t", 1) for line in lines("/proc/self/status") if ":\t" in line)
print(json.dumps({
    "uid": os.getuid(), "groups": os.getgroups(),
    "status": {name: status.get(name, "").strip() for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")},
    "interfaces": sorted(name for _, name in socket.if_nameindex()),
    "writable": [folder for folder in ("/", "/app", "/opt/daybook", "/etc", "/usr", "/var") if can_write(folder)],
    "outside": reaches(("@ADDRESS@", @PORT@)),
    "temporal": reaches(("temporal", 7233)),
    "secrets": sorted(os.listdir("/run/secrets")) if os.path.isdir("/run/secrets") else [],
    "environment": sorted(os.environ),
}))
"""


@dataclass
class Stack:
    """A running composition.

    Args:
        programs: where Docker and Compose are.
        folder: for its secrets.
        api_port: the loopback port of the API.
    """

    programs: Programs
    folder: Path
    api_port: int

    def __post_init__(self) -> None:
        self._environment = {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "DESK_SECRETS": str(self.folder / "secrets"),
            "DESK_API_PORT": str(self.api_port),
        }

    def write_secrets(self, values: dict[str, str]) -> None:
        """Write a file for each secret compose.yaml names; those without a value are empty."""
        secrets = self.folder / "secrets"
        secrets.mkdir(mode=0o700, exist_ok=True)
        for name in yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["secrets"]:
            (secrets / name).write_text(values.get(name, ""), encoding="utf-8")
            (secrets / name).chmod(0o444)

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Run Compose on the repository's file."""
        self.programs.environment |= self._environment
        file = str(ROOT / "compose.yaml")
        return self.programs.run("docker-compose", "-f", file, "--profile", "paper", *arguments, check=check).stdout

    def up(self) -> None:
        """Start all services from the images at hand."""
        self.compose("up", "--detach", "--no-build")

    def container(self, service: str) -> str:
        """Return the id of a service's container."""
        return self.compose("ps", "--all", "--quiet", service).strip()

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the engine knows of a service's container."""
        found: list[dict[str, Any]] = json.loads(self.programs.run("docker", "inspect", self.container(service)).stdout)
        return found[0]

    def health(self, service: str) -> str:
        """Return the health of a service, ``exited`` when it does not run."""
        state = self.inspect(service)["State"]
        return str(state["Health"]["Status"]) if state["Running"] else f"exited {state['ExitCode']}"

    def wait_until_healthy(self, *services: str) -> dict[str, float]:
        """Wait until services are well; returns the seconds each took.

        Raises:
            RuntimeError: with the logs of the one that is not.
        """
        began = time.monotonic()
        took: dict[str, float] = {}
        while len(took) < len(services):
            for service in services:
                if service not in took and self.health(service) == "healthy":
                    took[service] = time.monotonic() - began
            if time.monotonic() - began > HEALTHY_WITHIN_S:
                ill = next(service for service in services if service not in took)
                checks = self.inspect(ill)["State"].get("Health", {}).get("Log", [])[-1:]
                raise RuntimeError(f"{ill} is {self.health(ill)}: {checks}\n{self.logs(ill)}")
            time.sleep(1)
        return took

    def logs(self, service: str) -> str:
        """Return the last lines a service wrote."""
        done = self.programs.run("docker", "logs", "--tail", "20", self.container(service), check=False)
        return done.stdout + done.stderr

    def python(self, service: str, code: str, *, input_text: str | None = None, check: bool = True) -> str:
        """Run Python inside a service's container, as its user."""
        command = ["docker", "exec", *(["--interactive"] if input_text is not None else [])]
        command += [self.container(service), PYTHON, "-I", "-B", "-c", code]
        return self.programs.run(*command, input_text=input_text, check=check).stdout

    def seen_from_inside(self, service: str) -> dict[str, Any]:
        """Return what a process in a service's container is and can do."""
        probe = _PROBE.replace("@ADDRESS@", outside.ADDRESS).replace("@PORT@", str(outside.PORT))
        found: dict[str, Any] = json.loads(self.python(service, probe))
        return found

    def memory(self) -> dict[str, str]:
        """Return the memory each service uses now."""
        form = "{{.Name}} {{.MemUsage}}"
        lines = self.programs.run("docker", "stats", "--no-stream", "--format", form).stdout.splitlines()
        return {line.split()[0].split("_")[-2]: line.split()[1] for line in lines if "_" in line}

    def address_of(self, service: str, network: str) -> str:
        """Return a container's address on one of the composition's networks; this machine can reach it."""
        networks = self.inspect(service)["NetworkSettings"]["Networks"]
        return str(networks[f"{PROJECT}_{network}"]["IPAddress"])

    def kill(self, service: str) -> None:
        """Kill a service's first process from outside; the engine starts it again."""
        os.kill(int(self.inspect(service)["State"]["Pid"]), 9)

    def down(self) -> None:
        """Stop and remove everything."""
        self.compose("down", "--volumes", "--timeout", "20", check=False)
