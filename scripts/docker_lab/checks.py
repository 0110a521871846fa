"""What must hold of the running containers. Each check raises AssertionError with what it saw."""

import contextlib
import json
import urllib.error
import urllib.request
from typing import Any

from docker_lab.building import ROOT, image_of
from docker_lab.stack import PROJECT, PYTHON, Stack

OURS = ("control", "runner", "sandbox", "pipeline", "trading", "api", "paper")
HAVE_A_WAY_OUT = ("pipeline", "trading", "paper")
NETWORKS = {
    "temporal": {"isolated"},
    "control": {"isolated"},
    "sandbox": {"isolated"},
    "pipeline": {"isolated", "external"},
    "trading": {"isolated", "external"},
    "api": {"isolated", "front"},
}
SECRETS_OF = {"pipeline": ("daybook_llm__", "daybook_news__"), "trading": ("daybook_kis__",), "api": ("daybook_api__",)}
_STAYS_OUT = {
    "control": ("sqlalchemy", "daybook.broker", "httpx"),
    "sandbox": ("sqlalchemy", "daybook.broker", "httpx"),
    "runner": ("temporalio", "daybook", "httpx"),
    "pipeline": ("daybook.broker", "daybook.execution"),
    "trading": ("openai", "anthropic", "daybook.llm"),
    "api": ("daybook.broker", "httpx", "daybook.llm"),
    "paper": ("temporalio", "daybook.broker"),
}


def confinement(stack: Stack) -> None:
    """The engine was told what compose.yaml says, and no processor quota a Synology would refuse."""
    for service in (*OURS, "temporal"):
        container = stack.inspect(service)
        host = container["HostConfig"]
        seen = {
            "root": host["ReadonlyRootfs"],
            "privileged": host["Privileged"],
            "dropped": host["CapDrop"],
            "security": host["SecurityOpt"],
            "quota": host["NanoCpus"] or host["CpuQuota"],
            "limits": host["Memory"] > 0 and host["PidsLimit"] > 0 and host["CpuShares"] > 0,
            "user": container["Config"]["User"],
        }
        wanted = {
            "root": True,
            "privileged": False,
            "dropped": ["ALL"],
            "security": ["no-new-privileges:true"],
            "quota": 0,
            "limits": True,
            "user": "1000:1000" if service == "temporal" else "65534:65534",
        }
        assert seen == wanted, f"{service}: {seen}"
        networks = {name.removeprefix(f"{PROJECT}_") for name in container["NetworkSettings"]["Networks"] or {}}
        if service in NETWORKS:
            assert networks == NETWORKS[service], f"{service}: {networks}"
    assert stack.inspect("runner")["HostConfig"]["NetworkMode"] == "none"


def from_inside(stack: Stack) -> None:
    """A process of each container has no privilege, no writable root, and no network but its layer's."""
    for service in OURS:
        seen = stack.seen_from_inside(service)
        status = seen["status"]
        assert seen["uid"] == 65534, f"{service}: {seen}"
        assert not set(seen["groups"]) - {65534}, f"{service}: {seen}"
        assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0, f"{service}: {status}"
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), f"{service}: {status}"
        assert seen["writable"] == [], f"{service} can write {seen['writable']}"
        if service == "runner":
            assert seen["interfaces"] == ["lo"], f"runner: {seen['interfaces']}"
        assert seen["outside"] == (service in HAVE_A_WAY_OUT), f"{service} reaches outside: {seen['outside']}"
        assert seen["temporal"] == (service != "runner"), f"{service} reaches Temporal: {seen['temporal']}"
        secrets = [name for name in seen["secrets"] if name != "daybook_database_url"]
        assert all(name.startswith(SECRETS_OF.get(service, ())) for name in secrets), f"{service} holds {secrets}"
        assert bool(seen["secrets"]) == (service in SECRETS_OF), f"{service} holds {seen['secrets']}"


def closed_images(stack: Stack) -> None:
    """Modules of other layers are not in the image, nor is pip."""
    for service, modules in _STAYS_OUT.items():
        for module in (*modules, "pip", "pytest"):
            found = stack.python(service, f"import importlib.util as u; print(u.find_spec({module!r}) is not None)")
            assert found.strip() == "False", f"{service} can import {module}"


def api_answers(stack: Stack, token: str) -> None:
    """The API answers on this machine's loopback address, through the network that has no way out."""
    address = f"http://127.0.0.1:{stack.api_port}"
    with urllib.request.urlopen(f"{address}/health", timeout=10) as reply:
        assert reply.status == 200
    asked = urllib.request.Request(f"{address}/v1/state", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=10) as reply:
        assert reply.status == 200, "the caller of the secret file is let in"
    with (
        contextlib.suppress(urllib.error.HTTPError),
        urllib.request.urlopen(f"{address}/v1/state", timeout=10) as reply,
    ):
        raise AssertionError(f"anybody is let in: {reply.status}")
    bindings = stack.inspect("api")["HostConfig"]["PortBindings"]["8080/tcp"]
    assert [entry["HostIp"] for entry in bindings] == ["127.0.0.1"], bindings


def scripts_in_runner(stack: Stack, scripts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run scripts in the runner from the sandbox worker's container; returns an outcome for each, in order."""
    return list(json.loads(stack.python("sandbox", _DRIVER, input_text=json.dumps(scripts))))


def runner_report(stack: Stack) -> dict[str, Any]:
    """Return what the runner says protects the host."""
    return dict(json.loads(stack.python("sandbox", _REPORT)))


def runner_comes_back(stack: Stack) -> None:
    """A runner that is killed is started again, and the worker finds it on the same socket."""
    before = stack.inspect("runner")["RestartCount"]
    stack.kill("runner")
    stack.wait_until_healthy("runner")
    assert stack.inspect("runner")["RestartCount"] > before
    assert scripts_in_runner(stack, [{"code": "result = 2 + 3"}])[0]["result"] == 5


def stops_cleanly(stack: Stack) -> None:
    """Told to stop, every process of ours ends by itself within its grace."""
    stack.compose("stop", "--timeout", "30")
    ended = {service: stack.inspect(service)["State"]["ExitCode"] for service in OURS}
    assert not {service: code for service, code in ended.items() if code}, f"exit codes {ended}"


_SOCKET = "/run/sandbox/sandbox.sock"
_DRIVER = f"""
import json, sys
from sandbox.client import RemoteEngine
from sandbox.model import AdvanceRequest, Limits
engine = RemoteEngine({_SOCKET!r})
outcomes = []
for script in json.load(sys.stdin):
    limits = Limits(**script.get("limits", {{}}))
    ended = engine.advance(AdvanceRequest(code=script["code"], now="2026-11-20T10:00:00+09:00", limits=limits))
    outcomes.append({{
        "status": ended.status.value, "result": ended.result, "reason": ended.reason.value if ended.reason else None,
        "message": ended.message, "stdout": ended.stdout[:2000], "tier": ended.tier, "wall_ms": ended.wall_ms,
    }})
print(json.dumps(outcomes))
"""
_REPORT = f"""
import json
from sandbox.client import RemoteEngine
print(json.dumps(RemoteEngine({_SOCKET!r}).probe().to_dict()))
"""


def corpus_in_container(stack: Stack, placement: str) -> str:
    """The sandbox's own hostile scripts, judged from outside the jail but inside a container confined like the runner.

    ``placement`` is ``landlock`` (no namespaces, as Docker leaves it) or ``seccomp`` (as on a kernel without Landlock).
    """
    confined = [
        "--network",
        "none",
        "--read-only",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
        "--init",
    ]
    confined += ["--user", "65534:65534", "--pids-limit", "256", "--memory", "2g"]
    confined += ["--tmpfs", "/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777"]
    harness = ["-I", "-B", "-m", "tests.sandbox.hostile.harness", "--placement", placement, "--json"]
    mounts = ["--volume", f"{ROOT / 'tests'}:/app/tests:ro"]
    image = image_of("runner")
    ran = stack.programs.run(
        *("docker", "run", "--rm", *confined, *mounts, image, PYTHON, *harness),
        check=False,
        timeout_s=1_800,
    )
    assert ran.stdout.strip(), ran.stderr[-2000:]
    report = json.loads(ran.stdout.splitlines()[-1])
    assert "verdicts" in report, report
    loose = {verdict["case"]: verdict["violations"] for verdict in report["verdicts"] if verdict["violations"]}
    assert not loose, f"{len(report['verdicts']) - len(loose)} of {len(report['verdicts'])} contained: {loose}"
    return f"{len(report['verdicts'])} of {len(report['verdicts'])} contained, uid {report['uid']}"
