"""What the containers may do, asserted on the configuration as it is when it runs."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from daybook.contracts.layers import Layer
from daybook.settings import Settings
from daybook.settings_names import env_path, is_known, setting_paths
from daybook.stack.temporal_server import server_options
from tests.deploy.composing import (
    COMPOSE,
    as_mapping,
    as_names,
    compose_programs,
    dump,
    megabytes,
    own_reading,
    rendered,
    secrets_of,
)
from tests.deploy.dockerfiles import IMAGES
from workers.hosting import SECRET_PREFIXES, check_secrets

NETWORKS = {
    "temporal": ["isolated"],
    "control": ["isolated"],
    "sandbox": ["isolated"],
    "pipeline": ["external", "isolated"],
    "trading": ["external", "isolated"],
    "api": ["front", "isolated"],
}
WITHOUT_OWN_NETWORK = {"runner": "none", "paper": "service:trading"}
SERVICES = sorted((*NETWORKS, *WITHOUT_OWN_NETWORK))
OWN_IMAGES = {image.name: image for image in IMAGES}
SECRET_HOLDERS = ("pipeline", "trading", "api")
VOLUMES = {
    "temporal": {"temporal"},
    "runner": {"sandbox-socket"},
    "sandbox": {"sandbox-socket"},
    "pipeline": {"desk"},
    "trading": {"desk", "kis-tokens"},
    "api": {"desk"},
    "paper": {"paper"},
    "control": set(),
}
NOT_ALLOWED = (
    *("privileged", "cap_add", "devices", "device_cgroup_rules", "pid", "ipc", "userns_mode", "uts", "cgroup"),
    *("extra_hosts", "links", "sysctls", "group_add", "cpus", "cpu_quota", "cpu_count", "deploy", "env_file"),
    *("container_name", "runtime", "cgroup_parent", "security_options", "credential_spec"),
)
Config = dict[str, Any]


@cache
def _own() -> Config:
    return own_reading()


@cache
def _by_compose(name: str) -> Config:
    return rendered(compose_programs()[name])


def _readings() -> list[str]:
    return ["own", *compose_programs()]


@pytest.fixture(params=_readings())
def config(request: pytest.FixtureRequest) -> Config:
    """The configuration, read by ourselves and by every Compose of this machine."""
    return copy.deepcopy(_own() if request.param == "own" else _by_compose(request.param))


def problems(config: Config) -> list[str]:
    """Return every breach of the policy, one line each."""
    services: Config = config["services"]
    found = [f"services are {sorted(services)}"] if sorted(services) != SERVICES else []
    for name, service in services.items():
        found += [f"{name}: {problem}" for problem in _problems_of(name, service)]
    isolated = config["networks"]["isolated"] or {}
    if isolated.get("internal") is not True:
        found.append("the network isolated has a way out")
    masquerade = as_mapping((config["networks"]["front"] or {}).get("driver_opts"))
    if masquerade.get("com.docker.network.bridge.enable_ip_masquerade") != "false":
        found.append("the network front has a way out")
    socket = as_mapping((config["volumes"]["sandbox-socket"] or {}).get("driver_opts"))
    if socket.get("type") != "tmpfs" or "uid=65534" not in socket.get("o", "") or "mode=0770" not in socket["o"]:
        found.append("the sandbox's socket is not on a tmpfs of its own user")
    if "docker.sock" in dump(config):
        found.append("somebody holds the engine's socket")
    return found


def _problems_of(name: str, service: Config) -> list[str]:
    found = [f"has {key}" for key in NOT_ALLOWED if service.get(key)]
    if service.get("read_only") is not True:
        found.append("its root can be written")
    if service.get("cap_drop") != ["ALL"]:
        found.append("it keeps capabilities")
    if service.get("security_opt") != ["no-new-privileges:true"]:
        found.append("it may gain privileges, or gives up the engine's own filter")
    if service.get("user") != ("1000:1000" if name == "temporal" else "65534:65534"):
        found.append(f"it runs as {service.get('user')}")
    if not 0 < int(service.get("pids_limit", 0)) <= 256:
        found.append("its processes have no limit")
    if not 0 < megabytes(service.get("mem_limit", "0m")) <= 2048:
        found.append("its memory has no limit")
    if not 0 < int(service.get("cpu_shares", 0)) <= 1024:
        found.append("it has no share of the processors")
    if service.get("restart") not in ("always", "unless-stopped"):
        found.append("it is not started again")
    if not (service.get("healthcheck") or {}).get("test"):
        found.append("nobody looks whether it is well")
    found += _network_problems(name, service) + _mount_problems(name, service) + _secret_problems(name, service)
    return found


def _network_problems(name: str, service: Config) -> list[str]:
    found = []
    mode = service.get("network_mode")
    if mode != WITHOUT_OWN_NETWORK.get(name):
        found.append(f"its network mode is {mode}")
    if as_names(service.get("networks")) != NETWORKS.get(name, []):
        found.append(f"it is on {as_names(service.get('networks'))}")
    ports = dump(service.get("ports") or [])
    if (name == "api") != bool(service.get("ports")):
        found.append("it publishes a port" if service.get("ports") else "it publishes no port")
    if name == "api" and ("127.0.0.1" not in ports or len(service["ports"]) != 1):
        found.append("its port is open to others than this machine")
    return found


def _mount_problems(name: str, service: Config) -> list[str]:
    sources = set()
    for entry in service.get("volumes") or ():
        source = entry.split(":")[0] if isinstance(entry, str) else entry.get("source")
        if isinstance(entry, dict) and entry.get("type") != "volume":
            source = f"{entry.get('type')} of {source}"
        sources.add(source)
    found = [] if sources == VOLUMES.get(name, set()) else [f"it mounts {sorted(sources)}"]
    for entry in service.get("tmpfs") or ():
        options = entry.partition(":")[2].split(",")
        if not {"noexec", "nosuid", "nodev"} <= set(options) or not any(word.startswith("size=") for word in options):
            found.append(f"its {entry.partition(':')[0]} in memory may hold programs, or has no limit")
    return found


def _secret_problems(name: str, service: Config) -> list[str]:
    held = secrets_of(service)
    if name not in SECRET_HOLDERS:
        return ["it holds secrets"] if held else []
    found = []
    for source, target in held.items():
        path = env_path(target)
        if path is None or not is_known(path, Settings):
            found.append(f"its secret {source} is no setting")
    for layer in (Layer.PIPELINE, Layer.TRADING):
        if name == layer.value:
            try:
                check_secrets(layer, {target.upper(): "value" for target in held.values()})
            except Exception as error:  # noqa: BLE001 - the refusal is what is looked for
                found.append(str(error))
    for variable, value in as_mapping(service.get("environment")).items():
        secret = any(variable.startswith(prefixes) for layer, prefixes in SECRET_PREFIXES.items() if prefixes)
        if secret and value:
            found.append(f"its secret {variable} is in its environment")
    return found


def test_compose_when_it_is_rendered_then_the_policy_holds(config: Config) -> None:
    assert problems(config) == []


def _set(config: Config, service: str, key: str, value: Any) -> None:
    config["services"][service][key] = value


BREACHES: dict[str, Callable[[Config], object]] = {
    "privileged": lambda config: _set(config, "runner", "privileged", True),
    "host network": lambda config: _set(config, "trading", "network_mode", "host"),
    "a network for the runner": lambda config: _set(config, "runner", "network_mode", None),
    "the internet for the sandbox": lambda config: _set(config, "sandbox", "networks", ["isolated", "external"]),
    "the engine's socket": lambda config: _set(config, "api", "volumes", ["/var/run/docker.sock:/var/run/docker.sock"]),
    "a folder of the host": lambda config: _set(config, "runner", "volumes", ["./sandbox:/app/sandbox"]),
    "the desk's files for the sandbox": lambda config: config["services"]["sandbox"]["volumes"].append("desk:/desk"),
    "a writable root": lambda config: _set(config, "runner", "read_only", False),
    "a capability": lambda config: _set(config, "trading", "cap_add", ["NET_ADMIN"]),
    "kept capabilities": lambda config: _set(config, "trading", "cap_drop", []),
    "no filter": lambda config: _set(
        config, "runner", "security_opt", ["no-new-privileges:true", "seccomp:unconfined"]
    ),
    "root": lambda config: _set(config, "api", "user", "0:0"),
    "cpus": lambda config: _set(config, "pipeline", "cpus", 0.5),
    "deploy limits": lambda config: _set(config, "pipeline", "deploy", {"resources": {"limits": {"cpus": "0.5"}}}),
    "no memory limit": lambda config: config["services"]["runner"].pop("mem_limit"),
    "no process limit": lambda config: config["services"]["runner"].pop("pids_limit"),
    "no health check": lambda config: config["services"]["control"].pop("healthcheck"),
    "an open port": lambda config: _set(config, "api", "ports", ["8080:8080"]),
    "another port": lambda config: _set(config, "temporal", "ports", ["127.0.0.1:7233:7233"]),
    "a broker key for the pipeline": lambda config: config["services"]["pipeline"]["secrets"].append(
        "daybook_kis__app_key"
    ),
    "a secret for the sandbox": lambda config: _set(config, "sandbox", "secrets", ["daybook_llm__openai_api_key"]),
    "a model key for trading": lambda config: config["services"]["trading"]["secrets"].append(
        "daybook_llm__openai_api_key"
    ),
    "a key in the environment": lambda config: _set(
        config, "trading", "environment", {"DAYBOOK_KIS__APP_KEY": "value"}
    ),
    "a way out of isolated": lambda config: config["networks"]["isolated"].pop("internal"),
    "a way out of front": lambda config: config["networks"]["front"].pop("driver_opts"),
    "a socket on disk": lambda config: config["volumes"].update({"sandbox-socket": {}}),
    "one more service": lambda config: config["services"].update(
        {"shell": copy.deepcopy(config["services"]["control"])}
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_policy_when_it_is_breached_then_it_is_said(breach: str) -> None:
    config = copy.deepcopy(_own())
    BREACHES[breach](config)
    assert problems(config) != []


def test_compose_when_real_compose_is_here_then_it_takes_the_file() -> None:
    programs = compose_programs()
    if not programs:
        pytest.skip("no Compose on this machine: install docker-compose, or name one in DAYBOOK_TEST_COMPOSE")
    for name in programs:
        assert sorted(_by_compose(name)["services"]) == SERVICES


def test_compose_when_a_key_is_misspelt_then_real_compose_refuses_it(tmp_path: "Any") -> None:
    programs = compose_programs()
    if not programs:
        pytest.skip("no Compose on this machine: install docker-compose, or name one in DAYBOOK_TEST_COMPOSE")
    broken = tmp_path / "compose.yaml"
    broken.write_text(COMPOSE.read_text(encoding="utf-8").replace("read_only:", "readonly:"), encoding="utf-8")
    for command in programs.values():
        with pytest.raises(ValueError, match="readonly"):
            rendered(command, broken)


def test_compose_when_a_service_has_an_image_of_ours_then_both_agree_on_target_command_and_health() -> None:
    for name, image in OWN_IMAGES.items():
        service = _own()["services"][name]
        assert service["image"].startswith(f"daybook-{name}:")
        assert service["build"]["dockerfile"] == f"deploy/docker/Dockerfile.{image.file}"
        assert service["build"].get("target", "") == image.target
        assert service["healthcheck"]["test"] == ["CMD", *image.stage.health_command]
        assert "command" not in service
        assert "entrypoint" not in service
        default = image.dockerfile.arguments[0].text
        assert default == f"BASE_IMAGE={service['build']['args']['BASE_IMAGE']}"


def test_compose_when_temporal_is_started_then_its_options_are_those_of_a_local_desk() -> None:
    written = [
        part for entry in _own()["services"]["temporal"]["command"] for part in entry.split("=", 1) if "=" in entry
    ]
    options = server_options()
    assert [part for part in written if part in options] == options


def test_compose_when_an_environment_is_given_then_each_name_is_a_setting_of_the_desk() -> None:
    others = {"DAYBOOK_SANDBOX_SOCKET"}
    for name, service in _own()["services"].items():
        for variable in as_mapping(service.get("environment")):
            path = env_path(variable)
            known = path is None or is_known(path, Settings)
            assert known or variable in others, f"{name}: {variable}"


def test_compose_when_a_setting_is_secret_then_some_service_is_given_its_file() -> None:
    given = {target for service in _own()["services"].values() for target in secrets_of(service).values()}
    secret = {
        f"daybook_{'__'.join(path)}"
        for path in setting_paths(Settings)
        if "SecretStr" in str(_annotation(path)) or path == ("api", "callers")
    }
    assert secret - given == set()


def _annotation(path: tuple[str, ...]) -> object:
    model: Any = Settings
    for part in path[:-1]:
        model = model.model_fields[part].annotation
    return model.model_fields[path[-1]].annotation


def test_compose_when_its_own_variables_share_the_env_file_then_none_is_mistaken_for_a_setting() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    names = {piece.split("}")[0].split(":-")[0] for piece in text.split("${")[1:]}
    wrong = {name for name in names if (path := env_path(name)) is not None and not is_known(path, Settings)}
    assert wrong == set()
