from typing import Any

import pytest

from sandbox.kernel.facts import parse_status
from sandbox.parent.tier import judge_tier

OPEN = ("runs as root", "has a writable root (read_only)")


def ready(**changes: Any) -> dict[str, Any]:
    said = {
        "kernel": {"landlock_version": 7},
        "container_shortfalls": OPEN,
        "landlock": True,
        "namespaces": True,
        "why_no_namespaces": "",
        "disabled": [],
        "self_test": {"open": "ok"},
        "packages": ["numpy"],
        "modules": 900,
        "uid": 65534,
    }
    return said | changes


@pytest.mark.parametrize(
    ("landlock", "namespaces", "shortfalls", "attested", "tier"),
    [
        (True, True, OPEN, False, 3),
        (True, False, OPEN, False, 2),
        (False, True, OPEN, False, 2),
        (False, False, (), False, 1),
        (False, False, OPEN, True, 1),
        (False, False, OPEN, False, 0),
        (False, False, OPEN[:1], False, 0),
    ],
)
def test_tier_when_layers_are_there_or_not(
    landlock: bool, namespaces: bool, shortfalls: tuple[str, ...], attested: bool, tier: int
) -> None:
    report = judge_tier(
        ready(landlock=landlock, namespaces=namespaces, why_no_namespaces="EPERM", container_shortfalls=shortfalls),
        attested=attested,
    )
    assert report.tier == tier
    assert report.runs_code == (tier > 0)
    assert bool(report.refusal) == (tier == 0)
    assert len(report.missing) == (not landlock) + (not namespaces)


@pytest.mark.parametrize("finding", ["it worked", "failed with 22"])
def test_tier_when_the_self_test_is_surprised_then_refuse_whatever_the_layers(finding: str) -> None:
    report = judge_tier(ready(self_test={"open": "ok", "fork": finding}), attested=True)
    assert (report.tier, report.protects) == (0, ())
    assert f"fork: {finding}" in report.refusal


def test_status_when_parsed_then_the_security_fields() -> None:
    assert parse_status("Name:\tx\nCapEff:\t0000\nSeccomp:\t2\n") == {"CapEff": "0000", "Seccomp": "2"}
