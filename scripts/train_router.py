"""Train the router's linear head and write it as a plain table. The same data give the same bytes.

    python scripts/train_router.py            # write daybook/routing/data/head.csv and head.yaml
    python scripts/train_router.py --check    # fail when the files in the tree are not what the data give

Own utterances (``router_data/*.jsonl``, grouped by lexical family) and the project's development set are the data.
``router_data/unseen.jsonl`` is never trained on. How loudly each view speaks was chosen on batches of utterances
written after the signs (cross-validation alone prefers the signs, which were written with the training set in view);
``scripts/bench/router.py`` prints what all of this gives. scikit-learn is used here only.
"""

import argparse
import csv
import hashlib
import json
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from daybook.contracts.routing import Intent
from daybook.routing.calibration import abstain_table, fit_temperature
from daybook.routing.embedding import shipped_encoder
from daybook.routing.features import signs
from daybook.routing.head import INTENTS, ORDER
from daybook.routing.normalise import normalise
from daybook.routing.securities import Securities
from daybook.routing.views import columns, row_of

HERE = Path(__file__).parent
DATA = HERE / "router_data"
TARGET = HERE.parent / "daybook" / "routing" / "data"
STRENGTH = 3.0
"""Inverse of the L2 penalty of the intents' weights."""
ORDER_STRENGTH = 3.0
FOLDS = 8
SEED = 20_261_122
DECIMALS = 4
ABSTAIN_BELOW = 0.7

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Utterance:
    """One labelled request; ``family`` groups near-duplicates so that no fold splits them."""

    text: str
    intent: Intent
    asks_order: bool
    language: str
    family: str
    tags: tuple[str, ...] = ()
    also_ok: tuple[Intent, ...] = ()


def read(path: Path) -> list[Utterance]:
    """Read one JSONL file of labelled utterances; a line without a family is its own family."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        raw = json.loads(line)
        found.append(
            Utterance(
                raw["text"],
                Intent(raw["intent"]),
                bool(raw["asks_order"]),
                raw["lang"],
                raw.get("family") or f"{path.stem}-{number}",
                tuple(raw.get("tags", ())),
                tuple(Intent(other) for other in raw.get("also_ok", ())),
            )
        )
    return found


def own() -> list[Utterance]:
    """Read the utterances written for training."""
    return [one for path in sorted(DATA.glob("*.jsonl")) if path.stem not in ("dev", "unseen") for one in read(path)]


def unseen() -> list[Utterance]:
    """Read the utterances that no head is trained on."""
    return read(DATA / "unseen.jsonl")


def dev() -> list[Utterance]:
    """Read the project's development set."""
    return read(DATA / "dev.jsonl")


def matrix(utterances: list[Utterance]) -> Rows:
    """Return one row of columns for each utterance."""
    securities, encoder = Securities.shipped(), shipped_encoder()
    rows = []
    for utterance in utterances:
        normalised = normalise(utterance.text, securities)
        rows.append(row_of(normalised, signs(normalised), encoder))
    return np.asarray(rows, dtype=np.float64)


def fit_intents(rows: Rows, gold: list[int], strength: float = STRENGTH) -> LogisticRegression:
    """Fit the intents' weights (multinomial logistic regression, balanced classes)."""
    model = LogisticRegression(C=strength, max_iter=5_000, class_weight="balanced", tol=1e-6)
    return model.fit(rows, gold)


def fit_order(rows: Rows, gold: list[bool], strength: float = ORDER_STRENGTH) -> LogisticRegression:
    """Fit the weights of "an order is asked for"."""
    return LogisticRegression(C=strength, max_iter=5_000, tol=1e-6).fit(rows, gold)


def out_of_fold(rows: Rows, utterances: list[Utterance]) -> tuple[Rows, Rows]:
    """Return logits of the intents and of the order for every row, from a head that saw no member of its family."""
    gold = [INTENTS.index(one.intent) for one in utterances]
    orders = [one.asks_order for one in utterances]
    families = [one.family for one in utterances]
    intents = np.zeros((len(rows), len(INTENTS)))
    order = np.zeros(len(rows))
    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=SEED)
    for train, test in folds.split(rows, gold, groups=families):
        intents[test] = fit_intents(rows[train], [gold[at] for at in train]).decision_function(rows[test])
        order[test] = fit_order(rows[train], [orders[at] for at in train]).decision_function(rows[test])
    return intents, order


def two_sided(logits: Rows) -> Rows:
    """Return binary logits as two columns, so that the temperature is fitted the same way."""
    return np.stack((np.zeros_like(logits), logits), axis=1)


def files_of(utterances: list[Utterance]) -> dict[str, str]:
    """Return the files of a head fitted on ``utterances``."""
    rows = matrix(utterances)
    gold = [INTENTS.index(one.intent) for one in utterances]
    orders = [one.asks_order for one in utterances]
    intent_logits, order_logits = out_of_fold(rows, utterances)
    temperature = fit_temperature(intent_logits, gold)
    order_temperature = fit_temperature(two_sided(order_logits), [int(one) for one in orders])
    intents, order = fit_intents(rows, gold), fit_order(rows, orders)
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["column", *(intent.value for intent in INTENTS), ORDER])
    stacked = np.vstack((intents.coef_, order.coef_))
    biases = np.append(intents.intercept_, order.intercept_)
    for at, name in enumerate(columns()):
        writer.writerow([name, *(_short(value) for value in stacked[:, at])])
    writer.writerow(["bias", *(_short(value) for value in biases)])
    digest = hashlib.sha256("\n".join(f"{one.intent}\t{one.text}" for one in utterances).encode()).hexdigest()
    facts = [
        "# Written by scripts/train_router.py; read by daybook/routing/head.py.",
        f"temperature: {temperature}",
        f"order_temperature: {order_temperature}",
        f"abstain_below: {ABSTAIN_BELOW}",
        f"trained_on: {len(utterances)}",
        f"data_digest: {digest}",
        "# At each threshold, by grouped cross-validation: share answered, share of those right.",
        "thresholds:",
    ]
    calibrated = np.exp(intent_logits / temperature)
    calibrated /= calibrated.sum(axis=1, keepdims=True)
    for row in abstain_table(calibrated, gold, (0.5, 0.6, 0.7, 0.8, 0.9)):
        facts.append(f"  - {{at: {row.threshold}, coverage: {row.coverage:.3f}, accuracy: {row.accuracy:.3f}}}")
    return {"head.csv": out.getvalue(), "head.yaml": "\n".join(facts) + "\n"}


def _short(value: float) -> str:
    rounded = round(float(value), DECIMALS)
    return f"{rounded:g}" if rounded else ""


def main(arguments: list[str]) -> int:
    """Write the head, or check the one in the tree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="fail when the files in the tree differ")
    chosen = parser.parse_args(arguments)
    with threadpool_limits(limits=1):
        made = files_of(own() + dev())
    stale = [name for name, text in made.items() if not (TARGET / name).exists() or (TARGET / name).read_text() != text]
    if chosen.check:
        print(f"stale: {', '.join(stale)}" if stale else "the head is what the data give")
        return 1 if stale else 0
    for name, text in made.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    print(f"wrote {', '.join(made)} ({sum(len(text) for text in made.values()) / 1024:.0f} KB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
