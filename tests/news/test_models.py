"""The news room on the desk's real models: the providers' SDKs against stand-ins."""

from pathlib import Path

import pytest

from daybook.contracts.news import Scorer, SourceKind
from daybook.news.lexicon import read_sentiment
from daybook.news.room import NewsRoom
from daybook.settings import Settings
from daybook.storage.database import Database
from tests.llm.desks import bench
from tests.llm.stand_ins.faults import Fault
from tests.llm.stand_ins.script import Asked, Reply
from tests.llm.stand_ins.stand_in import StandIn
from tests.news.conftest import NewLedger
from tests.news.facts import analysis, article, run
from tests.news.obedient import numbered
from tests.news.test_room import Listed


def reader(asked: Asked) -> Reply:
    """A model that reads each text by itself, and sums up without a number."""
    if not asked.schema:
        return Reply(text="기사 분위기는 대체로 좋습니다.")
    scores = [
        {"number": number, "sentiment": read_sentiment(text).sentiment, "relevance": 0.9}
        for number, text in numbered(asked.question).items()
    ]
    return Reply(json={"scores": scores})


async def analysed(tmp_path: Path, database: Database, stand_in: StandIn, provider: str):
    async with bench(Path(str(database.engine.url.database)), {provider: stand_in}) as desk:
        room = NewsRoom.of(Settings(_env_file=None, home=tmp_path), database, desk.desk)
        room.sources[SourceKind.NAVER] = Listed(
            article("삼성전자 급등"), article("삼성전자 유상증자 결정", host="b.kr")
        )
        _, scored, report = await run(room, analysis())
        return scored, report


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", "ollama"])
async def test_room_when_a_provider_answers_then_it_scores_and_sums_up_and_is_paid(
    provider: str, tmp_path: Path, new_ledger: NewLedger
) -> None:
    with StandIn.start(provider, script=reader) as stand_in:
        scored, report = await analysed(tmp_path, new_ledger(), stand_in, provider)
    assert stand_in.problems == []
    assert {score.scorer for score in scored.scored} == {Scorer.MODEL}
    assert report.summary == "기사 분위기는 대체로 좋습니다."
    assert (report.cost_micro_krw > 0) == (provider != "ollama")
    assert all(not asked.tools for asked in stand_in.asked)
    assert len(stand_in.asked) == 2


async def test_room_when_the_provider_is_down_then_rules_answer_and_say_so(
    tmp_path: Path, new_ledger: NewLedger
) -> None:
    with StandIn.start("openai", script=reader, faults=[Fault.server_error()] * 12) as stand_in:
        scored, report = await analysed(tmp_path, new_ledger(), stand_in, "openai")
    assert scored.scorer is Scorer.LEXICON
    assert report.summary_by == "template"
    assert "no model scores: PROVIDER_DOWN" in report.problems
