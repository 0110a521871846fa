import pytest

from daybook.contracts.objects import ObjectKind
from daybook.storage.database import Database
from daybook.storage.errors import RecordNotFound
from daybook.storage.object_book import ObjectBook
from daybook.storage.objects import ObjectMissing, ObjectStore


def test_keep_when_named_then_entries_and_bytes_come_back(database: Database) -> None:
    book = ObjectBook(database, ObjectStore.in_memory())
    refs = book.keep("day-2026-03-06", {"b.md": b"report", "a.jsonl": b"orders"}, ObjectKind.REPORT)
    assert [entry.name for entry in book.entries("day-2026-03-06")] == ["a.jsonl", "b.md"]
    assert book.entries("day-2026-03-06")[1].ref == refs["b.md"]
    assert book.read("day-2026-03-06", "b.md") == b"report"


def test_keep_when_a_name_is_kept_again_then_it_means_the_later_bytes(database: Database) -> None:
    book = ObjectBook(database, ObjectStore.in_memory())
    book.keep("run-1", {"result.json": b"1"}, ObjectKind.SCENARIO)
    book.keep("run-1", {"result.json": b"2"}, ObjectKind.SCENARIO)
    assert book.read("run-1", "result.json") == b"2"
    assert len(book.entries("run-1")) == 1


def test_read_when_nothing_was_kept_then_it_is_said(database: Database) -> None:
    with pytest.raises(RecordNotFound, match="kept nothing"):
        ObjectBook(database, ObjectStore.in_memory()).read("run-2", "result.json")


def test_read_when_the_bytes_are_gone_then_it_is_another_error_than_an_unknown_name(database: Database) -> None:
    book = ObjectBook(database, ObjectStore.in_memory())
    refs = book.keep("run-3", {"result.json": b"x"}, ObjectKind.SCENARIO)
    book.objects.delete(refs["result.json"].digest)
    with pytest.raises(ObjectMissing):
        book.read("run-3", "result.json")
