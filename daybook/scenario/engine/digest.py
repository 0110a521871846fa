"""The name of a run's input: equal inputs have equal digests, and give equal results bit by bit."""

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date

import numpy as np

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import ENGINE_VERSION


def canonical_json(scenario: Scenario) -> str:
    """Return a scenario as JSON with sorted keys and no spaces."""
    return json.dumps(
        scenario.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def _feed(digest: "hashlib._Hash", value: object) -> None:
    if is_dataclass(value):
        for field in fields(value):
            digest.update(f"{field.name}:".encode())
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, tuple | list):
        digest.update(f"[{len(value)}]".encode())
        for entry in value:
            _feed(digest, entry)
    elif isinstance(value, float):
        digest.update(f"{float(value)!r};".encode())
    elif isinstance(value, str | int | date) or value is None:
        digest.update(f"{value!r};".encode())
    else:
        raise TypeError(f"no digest of a {type(value).__name__} is defined")


def data_digest(data: object) -> str:
    """Return the SHA-256 of a frozen dataclass of arrays, texts, numbers and dates."""
    digest = hashlib.sha256()
    _feed(digest, data)
    return digest.hexdigest()


def input_hash(scenario: Scenario, snapshot_id: str) -> str:
    """Return the SHA-256 of the scenario, its data and the engine's version."""
    text = f"{ENGINE_VERSION}\n{snapshot_id}\n{canonical_json(scenario)}"
    return hashlib.sha256(text.encode()).hexdigest()
