"""Stage 1 of the router: the intent of a request, offline, with a calibrated confidence and the reasons for it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from daybook.contracts.routing import Feature, Intent
from daybook.routing.embedding import DIMENSIONS, SentenceVectors, shipped_encoder
from daybook.routing.features import sign_names, signs
from daybook.routing.head import INTENTS, Head
from daybook.routing.normalise import Normalised, normalise
from daybook.routing.securities import Mention, Securities
from daybook.routing.views import Row, row_of

_REASONS = 6
"""Features a decision names."""
_LEAST_WEIGHT = 0.01


@dataclass(frozen=True)
class Classification:
    """What a request wants. ``features`` are weights of the intent's logit against the runner-up's, largest first."""

    intent: Intent
    confidence: float
    runner_up: Intent
    probabilities: dict[Intent, float]
    order_probability: float
    """Calibrated probability that an order is asked for, whatever the intent."""
    abstains: bool
    """The confidence is below the head's threshold: a second stage should look."""
    features: tuple[Feature, ...]
    signs: frozenset[str]
    normalised: Normalised

    @property
    def language(self) -> str:
        """The language to answer in: "ko" or "en"."""
        return self.normalised.language

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """The securities the text names (also inside quotations)."""
        return self.normalised.mentions


class IntentClassifier:
    """Embeddings, signs and letter groups under one linear head. Immutable; safe to share between threads."""

    def __init__(self, head: Head, encoder: SentenceVectors, securities: Securities) -> None:
        self._head = head
        self._encoder = encoder
        self._securities = securities

    @classmethod
    def shipped(cls, securities: Securities | None = None) -> "IntentClassifier":
        """Return the packaged classifier; ``securities`` may know more names than the packaged lexicon."""
        if securities is None:
            return _shipped()
        return cls(Head.shipped(), shipped_encoder(), securities)

    def classify(self, text: str) -> Classification:
        """Return the intent of ``text``. The same text always gives the same answer; a huge one is cut, not refused."""
        normalised = normalise(text, self._securities)
        found = signs(normalised)
        row = row_of(normalised, found, self._encoder)
        shares = self._head.probabilities(row)
        ranked = np.argsort(-shares, kind="stable")
        best, second = int(ranked[0]), int(ranked[1])
        confidence = float(shares[best])
        return Classification(
            intent=INTENTS[best],
            confidence=confidence,
            runner_up=INTENTS[second],
            probabilities={intent: float(share) for intent, share in zip(INTENTS, shares, strict=True)},
            order_probability=self._head.order_probability(row),
            abstains=confidence < self._head.abstain_below,
            features=self._reasons(row, best, second),
            signs=found,
            normalised=normalised,
        )

    def _reasons(self, row: Row, best: int, second: int) -> tuple[Feature, ...]:
        """Split the lead of ``best`` over ``second`` into its parts; the parts and the bias add up to the lead."""
        parts = (self._head.intents[best] - self._head.intents[second]) * row / np.float32(self._head.temperature)
        names = sign_names()
        first_sign = 2 * DIMENSIONS
        first_letter = first_sign + len(names)
        reasons = {
            "meaning": float(parts[:DIMENSIONS].sum()),
            "meaning_without_names": float(parts[DIMENSIONS:first_sign].sum()),
            "letters": float(parts[first_letter:].sum()),
        }
        reasons.update(
            zip(
                names,
                (float(part) for part in parts[first_sign:first_letter]),
                strict=True,
            )
        )
        named = [Feature(name=name, weight=round(weight, 4)) for name, weight in reasons.items()]
        named.sort(key=lambda feature: (-abs(feature.weight), feature.name))
        return tuple(feature for feature in named[:_REASONS] if abs(feature.weight) >= _LEAST_WEIGHT)


@lru_cache(maxsize=1)
def _shipped() -> IntentClassifier:
    return IntentClassifier(Head.shipped(), shipped_encoder(), Securities.shipped())
