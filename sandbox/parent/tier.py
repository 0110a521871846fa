"""From what the fork server found to a tier: what holds a script here, what is missing, and whether it is enough."""

from typing import Any, Final

from sandbox.report import SandboxReport

ENGINE: Final = "jail"


def judge_tier(ready: dict[str, Any], *, attested: bool) -> SandboxReport:
    """Decide the tier.

    Args:
        ready: What the fork server said about itself.
        attested: The operator vouches for a container around this process (or a test stands in for one).
    """
    kernel, findings = ready["kernel"], ready["self_test"]
    surprises = [f"{name}: {outcome}" for name, outcome in findings.items() if outcome != "ok"]
    protects = ["seccomp: no file, socket, process, program or executable page can be had"]
    missing = []
    if ready["landlock"]:
        protects.append(f"Landlock version {kernel['landlock_version']}: every right denied")
    else:
        missing.append("Landlock: " + _why(ready, "landlock", "this kernel has none (5.13 and later do)"))
    if ready["namespaces"]:
        protects.append("own namespaces: empty root, no network, no other processes")
    else:
        missing.append("own namespaces: " + ready["why_no_namespaces"])
    shortfalls = ready["container_shortfalls"]
    contained = attested or not shortfalls
    if contained:
        protects.append("container: " + ("vouched for by the operator" if shortfalls else "attested"))
    protects += [
        f"uid {ready['uid']}, no capabilities, no new privileges, nobody may look into it",
        "limits on CPU, memory, open files, output, result, calls and time",
    ]
    tier = 1 + int(ready["landlock"]) + int(ready["namespaces"])
    refusal = ""
    if tier == 1 and not contained:
        refusal = "seccomp alone is not enough outside a closed container: this process " + ", ".join(shortfalls)
    if surprises:
        refusal = "the self-test found the jail open: " + "; ".join(surprises)
    return SandboxReport(
        engine=ENGINE,
        tier=0 if refusal else tier,
        protects=() if refusal else tuple(protects),
        missing=tuple(missing),
        refusal=refusal,
        facts={**kernel, "container_shortfalls": list(shortfalls), "modules": ready["modules"], "uid": ready["uid"]},
        self_test=findings,
        preloaded=tuple(ready["packages"]),
    )


def refused(why: str, facts: dict[str, Any]) -> SandboxReport:
    """The report of a machine without a jail."""
    return SandboxReport(engine=ENGINE, tier=0, missing=("seccomp: " + why,), refusal=why, facts=facts)


def _why(ready: dict[str, Any], layer: str, otherwise: str) -> str:
    return "switched off" if layer in ready["disabled"] else otherwise
