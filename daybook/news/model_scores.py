"""Scores of stories by a model, in batches, believed only as far as they can be checked.

The texts go out cleaned and fenced, with no tools. Each batch carries two stories of the desk's own whose answers are
known: a model that misreads them is following something else than its task, and its whole batch is dropped. Numbers
are clipped, unknown and repeated ids ignored, missing ones left to the lexicon.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from daybook.contracts.llm import ChatMessage, CompletionRequest, Purpose, Role
from daybook.contracts.news import Article
from daybook.llm.fencing import FENCE_RULE, fence
from daybook.news.ports import Completer

BATCH = 20
_TITLE_SHOWN, _TEXT_SHOWN = 300, 500
_TOKENS_A_STORY, _TOKENS_MORE = 32, 200
_CONTROL_BOUND = 0.2
_GOOD = (
    "가상전자, 사상 최대 영업이익 달성하고 배당 두 배 확대",
    "Fictional Electronics posts record profit, doubles dividend",
)
_BAD = ("가상화학, 횡령으로 거래정지되고 상장폐지 위기", "Fictional Chemical faces delisting after embezzlement")

_SYSTEM = (
    "You rate news for stock investors. For each numbered text give its sentiment for the company or market it is "
    "about, from -1 (very bad) to 1 (very good), 0 when it says nothing about value, and its relevance to share prices "
    "from 0 to 1. Rate every number exactly once, by the text's own events only. " + FENCE_RULE
)


class NewsScore(BaseModel):
    """The score of one numbered text."""

    model_config = ConfigDict(extra="forbid")

    number: int
    sentiment: float = Field(description="-1 to 1")
    relevance: float = Field(description="0 to 1")


class NewsScores(BaseModel):
    """Scores of all numbered texts; the structured answer of a scoring request."""

    model_config = ConfigDict(extra="forbid")

    scores: list[NewsScore]


SCORES_SCHEMA = NewsScores.__name__
"""The name under which the answer is registered."""


@dataclass(frozen=True, slots=True)
class ModelScore:
    """A checked score of one article."""

    sentiment: float
    relevance: float
    model: str


@dataclass(slots=True)
class ModelScores:
    """What a model gave for a list of articles. ``note`` says why some have no score; empty when all have."""

    by_article: dict[str, ModelScore] = field(default_factory=dict)
    cost_micro_krw: int = 0
    notes: list[str] = field(default_factory=list)


async def score_by_model(
    articles: Sequence[Article], completer: Completer, *, run_id: str, model: str = ""
) -> ModelScores:
    """Return a model's scores of articles; a batch that fails or misreads its controls has none."""
    result = ModelScores()
    ordered = sorted(articles, key=lambda article: article.article_id)
    for start in range(0, len(ordered), BATCH):
        batch = ordered[start : start + BATCH]
        goes_on = await _score_batch(batch, completer, run_id, model, result)
        if not goes_on:
            break
    return result


async def _score_batch(
    batch: Sequence[Article], completer: Completer, run_id: str, model: str, result: ModelScores
) -> bool:
    shown: list[tuple[str, str]] = [(article.article_id, _shown(article)) for article in batch]
    good, bad = _placed_controls(shown, run_id)
    request = CompletionRequest(
        purpose=Purpose.NEWS_SCORE,
        run_id=run_id,
        model=model,
        system=_SYSTEM,
        messages=(ChatMessage(role=Role.USER, text=fence([text for _, text in shown], "news articles")),),
        answer_schema=SCORES_SCHEMA,
        max_output_tokens=_TOKENS_A_STORY * len(shown) + _TOKENS_MORE,
        holds_untrusted=True,
    )
    completion = await completer.complete(request)
    result.cost_micro_krw += completion.cost_micro_krw
    if completion.fallback is not None or completion.parsed is None:
        reason = completion.fallback.value if completion.fallback else "no structured answer"
        result.notes.append(f"no model scores: {reason}")
        return False
    try:
        scores = NewsScores.model_validate(completion.parsed).scores
    except ValidationError:
        result.notes.append("a model's scores could not be read")
        return True
    checked = _checked(scores, len(shown))
    if not _controls_hold(checked, good, bad):
        result.notes.append("a model misread the desk's own control stories; its batch was dropped")
        return True
    for number, (name, _) in enumerate(shown, start=1):
        if name and number in checked:
            sentiment, relevance = checked[number]
            result.by_article[name] = ModelScore(sentiment, relevance, completion.model or model)
    missing = sum(1 for number, (name, _) in enumerate(shown, start=1) if name and number not in checked)
    if missing:
        result.notes.append(f"a model left out {missing} of {len(batch)} stories")
    return True


def _shown(article: Article) -> str:
    title = article.title[:_TITLE_SHOWN]
    return f"{title}\n{article.text[:_TEXT_SHOWN]}" if article.text else title


def _placed_controls(shown: list[tuple[str, str]], run_id: str) -> tuple[int, int]:
    """Insert both controls at places that follow from the run and the batch, and return their numbers."""
    seed = hashlib.sha256("|".join([run_id, *(name for name, _ in shown)]).encode()).digest()
    first = seed[0] % (len(shown) + 1)
    shown.insert(first, ("", _GOOD[seed[1] % 2]))
    second = seed[2] % (len(shown) + 1)
    shown.insert(second, ("", _BAD[seed[3] % 2]))
    return (first + 1 if second > first else first + 2), second + 1


def _checked(scores: Sequence[NewsScore], count: int) -> dict[int, tuple[float, float]]:
    """Return clipped scores by number; numbers that were not sent, or come twice, have none."""
    seen: dict[int, tuple[float, float] | None] = {}
    for score in scores:
        if not 1 <= score.number <= count or not math.isfinite(score.sentiment) or not math.isfinite(score.relevance):
            continue
        clipped = (min(1.0, max(-1.0, score.sentiment)), min(1.0, max(0.0, score.relevance)))
        seen[score.number] = None if score.number in seen else clipped
    return {number: values for number, values in seen.items() if values is not None}


def _controls_hold(checked: dict[int, tuple[float, float]], good: int, bad: int) -> bool:
    if good not in checked or bad not in checked:
        return False
    return checked[good][0] >= _CONTROL_BOUND and checked[bad][0] <= -_CONTROL_BOUND
