import json
from datetime import date, timedelta
from pathlib import Path

from daybook.contracts.response import ActionRecord, Notice
from daybook.contracts.response_codes import ActionCode, ActionState
from daybook.contracts.threat_calls import KeepEvidence, SendNotice
from daybook.risk.response.machine import moved
from daybook.settings import ObjectSettings
from daybook.storage.audit import AuditLog
from daybook.storage.database import Database
from daybook.storage.evidence import EvidenceRoom
from daybook.storage.notice_file import NoticeFile
from daybook.storage.object_backend import object_store_of
from daybook.storage.object_book import ObjectBook
from daybook.storage.response_actions import ResponseActionStore
from tests.risk.response.facts import BROKEN, DAY, PANIC, plan, record, seen
from tests.risk.threat.facts import NOW


def done(code: ActionCode, **readings: object) -> ActionRecord:
    opened = record(code, seen(**readings))
    return moved(moved(opened, ActionState.EXECUTING, NOW).record, ActionState.DONE, NOW, "carried out").record


def test_actions_when_recorded_again_then_they_are_replaced_and_each_new_state_is_in_the_audit_chain(
    database: Database,
) -> None:
    store = ResponseActionStore(database)
    waiting, told = record(ActionCode.RAISE_CASH, seen(**PANIC)), record(ActionCode.NOTIFY, seen(**PANIC))
    for _ in range(2):
        store.record("main", DAY, (waiting, told))
    expired = moved(waiting, ActionState.EXPIRED, NOW, "nobody answered in time").record
    store.record("main", DAY, (expired,))
    assert {one.action_id: one.state for one in store.of_day("main", DAY)} == {
        waiting.action_id: ActionState.EXPIRED,
        told.action_id: told.state,
    }
    noted = AuditLog(database).for_subject(waiting.action_id)
    assert [json.loads(row.detail)["state"] for row in noted] == ["waiting", "expired"]
    assert AuditLog(database).verify() is None


def test_standing_when_asked_then_only_what_outlives_its_day_is_returned(database: Database) -> None:
    store = ResponseActionStore(database)
    stopped = done(ActionCode.STOP_ORDERS, **BROKEN)
    store.record("main", DAY, (stopped, done(ActionCode.NOTIFY, **BROKEN)))
    assert store.standing("main", DAY) == []
    assert store.standing("main", DAY + timedelta(days=3)) == [stopped]
    store.record("main", DAY + timedelta(days=3), (moved(stopped, ActionState.UNDONE, NOW).record,))
    assert store.standing("main", DAY + timedelta(days=4)) == []
    assert stopped.action_id in {one.action_id for one in store.of_day("main", DAY)}


def notice(notice_id: str, day: date = DAY) -> SendNotice:
    said = Notice(level=3, text_ko="경계", text_en="alert")
    return SendNotice(account="main", day=day, notice_id=notice_id, market_at=NOW, notice=said)


def test_notices_when_told_again_then_each_is_written_once(tmp_path: Path) -> None:
    notices = NoticeFile(tmp_path)
    assert [notices.write(notice(name)) for name in ("a", "b", "a")] == [True, True, False]
    lines = notices.path(notice("a")).read_text("utf-8").splitlines()
    assert [json.loads(line)["key"] for line in lines] == ["main/a", "main/b"]
    assert json.loads(lines[0])["text_ko"] == "경계"


def test_evidence_when_taken_then_every_item_is_an_object_of_its_day(database: Database, tmp_path: Path) -> None:
    assessment = seen(**PANIC)
    proposal = plan(assessment)[ActionCode.SNAPSHOT_EVIDENCE]
    book = ObjectBook(database, object_store_of(ObjectSettings(), tmp_path))
    request = KeepEvidence.model_validate(
        {
            "account": "main",
            "day": DAY,
            "action_id": proposal.action_id,
            "market_at": NOW,
            "wanted": proposal.payload,
            "assessment": assessment,
            "actions": (record(ActionCode.NOTIFY, assessment),),
        }
    )
    kept = EvidenceRoom(database, book).keep(request)
    assert len(kept.digests) == 7
    assert {entry.name for entry in book.entries(kept.owner)} == set(kept.digests)
    read = json.loads(book.read(kept.owner, f"evidence/{proposal.action_id}/assessment.json"))
    assert read["assessment"]["level"] == assessment.level
