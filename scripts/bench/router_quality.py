"""What stage 1 of the router gets right, and what its order gate lets through, on labelled requests."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from train_router import (
    Utterance,
    dev,
    fit_intents,
    fit_order,
    matrix,
    out_of_fold,
    own,
    two_sided,
    unseen,
)

from daybook.routing.calibration import (
    abstain_table,
    expected_calibration_error,
    fit_temperature,
    shares_of,
)
from daybook.routing.classifier import Classification, IntentClassifier
from daybook.routing.features import signs
from daybook.routing.head import INTENTS, Head
from daybook.routing.normalise import normalise
from daybook.routing.order_gate import OrderGate, judge_order
from daybook.routing.securities import Securities

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Labelled requests with the calibrated probabilities a head gave them."""

    name: str
    utterances: list[Utterance]
    shares: Numbers
    orders: Numbers


def by_cross_validation() -> Judged:
    """Leave whole families of own and development utterances out, in turn."""
    everything = own() + dev()
    intents, orders = out_of_fold(matrix(everything), everything)
    gold = [INTENTS.index(one.intent) for one in everything]
    temperature = fit_temperature(two_sided(orders), [int(one.asks_order) for one in everything])
    return Judged(
        "Cross-validation, whole families left out (optimistic: the signs were written with these texts in view)",
        everything,
        shares_of(intents, fit_temperature(intents, gold)),
        1 / (1 + np.exp(-orders / temperature)),
    )


def on_development_set() -> Judged:
    """Fit on the own utterances only and judge the development set (the signs were written with it in view)."""
    trained, tested, head = own(), dev(), Head.shipped()
    rows, others = matrix(trained), matrix(tested)
    intents = fit_intents(rows, [INTENTS.index(one.intent) for one in trained])
    order = fit_order(rows, [one.asks_order for one in trained])
    return Judged(
        "Development set, head fitted without it",
        tested,
        shares_of(intents.decision_function(others), head.temperature),
        1 / (1 + np.exp(-order.decision_function(others) / head.order_temperature)),
    )


def on_unseen_set() -> Judged:
    """Judge the set no head is trained on with the shipped head."""
    tested = unseen()
    classified = [IntentClassifier.shipped().classify(one.text) for one in tested]
    return Judged(
        "Unseen set, shipped head (never trained on; looked at once, to choose how loudly the views speak)",
        tested,
        np.array([[one.probabilities[intent] for intent in INTENTS] for one in classified]),
        np.array([one.order_probability for one in classified]),
    )


def show(judged: Judged) -> None:
    """Print accuracy, danger, the gate, calibration and what abstaining buys."""
    gold = np.array([INTENTS.index(one.intent) for one in judged.utterances])
    said, others = judged.shares.argmax(axis=1), gold != 0
    korean = np.array([one.language == "ko" for one in judged.utterances])
    print(f"\n{judged.name}: {len(gold)} utterances, {int(korean.sum())} Korean")
    print(
        f"  accuracy {np.mean(said == gold):.3f}, macro-F1 {_macro_f1(said, gold):.3f}, "
        f"Korean {np.mean((said == gold)[korean]):.3f}, English {np.mean((said == gold)[~korean]):.3f}, "
        f"danger (other requests called a trade) {np.mean(said[others] == 0):.1%}"
    )
    _show_gate(judged)
    print(f"  expected calibration error {expected_calibration_error(judged.shares, list(gold)):.3f}")
    for row in abstain_table(judged.shares, list(gold), THRESHOLDS):
        print(f"    confidence at least {row.threshold}: {row.coverage:.1%} answered, {row.accuracy:.1%} of them right")


def _show_gate(judged: Judged) -> None:
    gates = list(zip(judged.utterances, _gates(judged), strict=True))
    other = [gate for one, gate in gates if one.intent is not INTENTS[0]]
    exposed = sum(gate.exposes_write for gate in other)
    bothered = sum(gate.confirm for one, gate in gates if one.intent is not INTENTS[0] and not one.asks_order)
    reached = [gate.exposes_write or gate.confirm for one, gate in gates if one.asks_order]
    injected = [gate.exposes_write for one, gate in gates if "inj" in one.tags]
    print(f"  order tools exposed to {exposed}/{len(other)} other requests ({exposed / len(other):.2%})", end="")
    print(f", to {sum(injected)}/{len(injected)} injections" if injected else "")
    print(f"  orders that reach a ticket or a question: {sum(reached)}/{len(reached)} ({np.mean(reached):.1%})")
    print(f"  asked without need: {bothered}/{len(other)} ({bothered / len(other):.1%})")


def _gates(judged: Judged) -> list[OrderGate]:
    securities, gates = Securities.shipped(), []
    for one, row, order in zip(judged.utterances, judged.shares, judged.orders, strict=True):
        normalised = normalise(one.text, securities)
        first, second = (INTENTS[int(at)] for at in np.argsort(-row, kind="stable")[:2])
        shares = {intent: float(share) for intent, share in zip(INTENTS, row, strict=True)}
        found = signs(normalised)
        classified = Classification(
            first, shares[first], second, shares, float(order), False, (), found, normalised
        )  # fmt: skip
        gates.append(judge_order(one.text, classified))
    return gates


def _macro_f1(said: Numbers, gold: Numbers) -> float:
    scores = []
    for at in range(len(INTENTS)):
        right = float(((said == at) & (gold == at)).sum())
        scores.append(2 * right / max(1.0, float((said == at).sum() + (gold == at).sum())))
    return float(np.mean(scores))
