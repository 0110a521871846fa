from collections.abc import Iterator

import pytest

from sandbox.engine import JailEngine

PLACEMENTS = {
    "everything": frozenset(),
    "landlock": frozenset({"namespaces"}),
    "namespaces": frozenset({"landlock"}),
    "seccomp": frozenset({"landlock", "namespaces"}),
}


def start(placement: str) -> JailEngine:
    disable = PLACEMENTS[placement]
    engine = JailEngine(disable=disable, attested=placement == "seccomp", idle_children=2)
    report = engine.probe()
    if not report.runs_code:
        engine.close()
        pytest.skip(f"no jail here: {report.refusal}")
    if placement in ("landlock", "namespaces") and report.tier != 2:
        engine.close()
        pytest.skip(f"this layer cannot be had here: {report.missing}")
    return engine


@pytest.fixture(scope="session")
def engine() -> Iterator[JailEngine]:
    with start("everything") as started:
        yield started


@pytest.fixture(scope="session", params=list(PLACEMENTS))
def any_engine(request: pytest.FixtureRequest) -> Iterator[JailEngine]:
    with start(request.param) as started:
        yield started
