"""What a day's report shows of advice, risk scores and the outcome journal."""

from dataclasses import dataclass, field

from daybook.advice_desk.scores import ScoredBook
from daybook.contracts.advice import Recommendations
from daybook.contracts.factors import AdviceReport
from daybook.contracts.outcomes import OutcomeSummary


@dataclass(frozen=True)
class AdviceFacts:
    """The ranking the day used (None: none recorded), its cards, scores, and outcomes of earlier advice and orders.

    ``gaps`` are sentences on what could not be computed.
    """

    ranking: Recommendations | None = None
    cards: AdviceReport | None = None
    book: ScoredBook = field(default_factory=ScoredBook)
    recommendations: tuple[OutcomeSummary, ...] = ()
    decisions: tuple[OutcomeSummary, ...] = ()
    gaps: tuple[str, ...] = ()
