from collections.abc import Iterator

import pytest

from sandbox.engine import JailEngine


@pytest.fixture(scope="session")
def engine() -> Iterator[JailEngine]:
    with JailEngine(idle_children=1) as started:
        report = started.probe()
        if not report.runs_code:
            pytest.skip(f"no jail here: {report.refusal}")
        yield started
