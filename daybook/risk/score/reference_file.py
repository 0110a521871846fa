"""The reference as two small files, what it is (YAML) and its tables (CSV), tied by a digest so that it is frozen."""

import csv
import hashlib
from functools import lru_cache
from importlib.resources import files
from io import StringIO
from typing import Any

import numpy as np
import yaml
from pydantic import ValidationError

from daybook.contracts.scores import RiskMetric, ScoreReferenceFacts
from daybook.risk.score.errors import ScoreReferenceError
from daybook.risk.score.piecewise import MonotoneTable
from daybook.risk.score.reference import ScoreReference

SCHEMA = 1
FACTS_FILE = "reference.yaml"
TABLES_FILE = "reference_tables.csv"
_CALIBRATION, _BASELINE = "calibration", "baseline"
_DIGITS = 8


@lru_cache(maxsize=1)
def shipped_reference() -> ScoreReference:
    """Return the packaged reference (read once). Raises ScoreReferenceError when its files do not belong together."""
    data = files("daybook.risk.score").joinpath("data")
    return read_reference(
        data.joinpath(FACTS_FILE).read_text(encoding="utf-8"), data.joinpath(TABLES_FILE).read_text(encoding="utf-8")
    )


def read_reference(facts_text: str, tables_text: str) -> ScoreReference:
    """Return the reference two texts hold; raises ScoreReferenceError where they are damaged or of another schema."""
    try:
        raw: dict[str, Any] = yaml.safe_load(facts_text)
        schema, digest, weights = raw["schema"], raw["tables_sha256"], raw["fitted_weights"]
        facts = ScoreReferenceFacts.model_validate(raw["facts"])
        rows = list(csv.DictReader(StringIO(tables_text)))
        names = list(dict.fromkeys(row["table"] for row in rows))
        tables = {
            name: MonotoneTable.of(
                [float(row["x"]) for row in rows if row["table"] == name],
                [float(row["y"]) for row in rows if row["table"] == name],
            )
            for name in names
        }
        calibration, baseline = tables.pop(_CALIBRATION), tables.pop(_BASELINE)
        quantiles = {RiskMetric(name): table for name, table in tables.items()}
        fitted = {RiskMetric(name): float(weight) for name, weight in weights.items()}
    except (KeyError, TypeError, ValueError, ValidationError, yaml.YAMLError) as error:
        raise ScoreReferenceError(f"the score's reference cannot be read: {error}") from error
    if schema != SCHEMA:
        raise ScoreReferenceError(f"the score's reference has schema {schema}; this version reads {SCHEMA}")
    if digest != _digest(tables_text):
        raise ScoreReferenceError("the score's tables are not those its facts name: restore both files of one version")
    return ScoreReference(facts, fitted, quantiles, calibration, baseline)


def write_reference(reference: ScoreReference) -> tuple[str, str]:
    """Return (facts as YAML, tables as CSV); numbers keep eight significant digits."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("table", "x", "y"))
    named: dict[str, MonotoneTable] = {str(metric): table for metric, table in reference.quantiles.items()}
    named |= {_CALIBRATION: reference.calibration, _BASELINE: reference.baseline}
    for name, table in named.items():
        x, y = (np.array([_rounded(value) for value in side.tolist()]) for side in (table.x, table.y))
        first = np.concatenate([[True], np.diff(x) > 0])
        writer.writerows(
            (name, f"{at:.{_DIGITS}g}", f"{value:.{_DIGITS}g}") for at, value in zip(x[first], y[first], strict=True)
        )
    weights = {str(metric): _rounded(weight) for metric, weight in reference.fitted_weights.items()}
    largest = max(weights, key=weights.__getitem__)
    weights[largest] = 1.0 - sum(weight for metric, weight in weights.items() if metric != largest)
    facts = {
        "schema": SCHEMA,
        "tables_sha256": _digest(out.getvalue()),
        "fitted_weights": weights,
        "facts": _short(reference.facts.model_dump(mode="json")),
    }
    return yaml.safe_dump(facts, allow_unicode=True, sort_keys=False, width=118), out.getvalue()


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_short(part) for part in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
