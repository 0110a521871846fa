import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from daybook.commands import support
from daybook.storage.database import Database
from tests.commands.conftest import Run

READERS = ["orders", "orders --waiting", "why 2026", "state", "day list", "approve 2026"]
NOBODY = 65534
NEWER = "9999_of_the_future"


def set_revision(path: Path, revision: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


@pytest.mark.parametrize("line", READERS)
@pytest.mark.parametrize("content", [b"this is no database, only text\n" * 100, b"\x00\xff" * 5000])
def test_command_when_the_ledger_is_no_database_then_it_names_the_file_and_what_to_do(
    run: Run, home: Path, line: str, content: bytes
) -> None:
    home.mkdir()
    (home / "daybook.db").write_bytes(content)
    ended = run(*line.split())
    assert (ended.code, ended.out) == (1, "")
    assert f"{home / 'daybook.db'}: the database file is damaged or is no SQLite database; restore it" in ended.line
    assert (home / "daybook.db").read_bytes() == content


@pytest.mark.parametrize("line", READERS)
def test_command_when_the_ledger_is_truncated_then_one_line_says_so(
    run: Run, home: Path, books: Database, line: str
) -> None:
    books.close()
    path = home / "daybook.db"
    path.write_bytes(path.read_bytes()[:5000])
    ended = run(*line.split())
    assert ended.code == 1
    assert str(path) in ended.line


def test_command_when_the_ledger_is_empty_then_it_says_how_to_fill_it(run: Run, home: Path) -> None:
    home.mkdir()
    (home / "daybook.db").touch()
    ended = run("orders")
    assert (ended.code, "is empty; start the desk with: daybook up" in ended.line) == (1, True)


def test_command_when_the_ledger_is_of_a_newer_program_then_it_says_to_update(
    run: Run, home: Path, books: Database
) -> None:
    set_revision(home / "daybook.db", NEWER)
    ended = run("orders")
    assert ended.code == 1
    assert f"was written by a newer Daybook ({NEWER}); update this one" in ended.line


def test_command_when_the_ledger_is_of_an_older_program_then_it_says_to_start_the_desk(
    run: Run, books: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "newest_revision", lambda: NEWER)
    assert "start the desk once to upgrade it: daybook up" in run("orders").line


def test_command_when_the_ledger_is_locked_then_it_says_to_try_again(run: Run, home: Path, books: Database) -> None:
    books.close()
    with sqlite3.connect(home / "daybook.db", isolation_level=None) as holder:
        holder.execute("PRAGMA journal_mode = DELETE")
        holder.execute("BEGIN EXCLUSIVE")
        ended = run("orders")
        holder.execute("ROLLBACK")
    holder.close()
    assert ended.code == 1
    assert ended.line == "daybook: the database file stayed locked by another writer; try again in a moment"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "the database URL cannot be read; check DAYBOOK_DATABASE_URL"),
        ("postgresql://u:secret@h/d", "use sqlite, mysql or mariadb"),
        ("mysql+pymysql://u:secret@127.0.0.1:1/d", "the database server cannot be reached"),
    ],
)
def test_command_when_the_database_url_is_wrong_then_the_password_is_not_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", url)
    ended = run("orders")
    assert (ended.code, "secret" in ended.err) == (1, False)
    assert said in ended.line


@pytest.mark.parametrize("line", [*READERS, "day report"])
def test_command_when_the_home_is_a_file_then_one_line_says_so(run: Run, home: Path, line: str) -> None:
    home.touch()
    ended = run(*line.split())
    assert (ended.code, home.is_file()) == (1, True)
    assert str(home) in ended.line


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Root may read everything, so it gives its rights up for a moment."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize("line", [*READERS, "day report"])
def test_command_when_the_home_may_not_be_read_then_it_says_whose_rights_to_check(
    run: Run, home: Path, line: str
) -> None:
    home.mkdir()
    (home / "daybook.db").touch()
    home.chmod(0)
    try:
        with without_rights():
            ended = run(*line.split())
    finally:
        home.chmod(0o700)
    assert ended.code == 1
    assert f"no permission for {home}" in ended.line


def test_command_when_the_configuration_may_not_be_read_then_one_line_says_so(run: Run, home: Path) -> None:
    file = Path("daybook.toml")
    file.touch()
    file.chmod(0)
    with without_rights():
        ended = run("orders")
    assert (ended.code, "daybook.toml cannot be read: Permission denied" in ended.line) == (1, True)


def test_command_when_it_reads_then_the_ledger_stays_as_it_is(run: Run, home: Path, books: Database) -> None:
    books.close()
    copy = home.parent / "copy.db"
    shutil.copy(home / "daybook.db", copy)
    for line in READERS:
        run(*line.split())
    assert (home / "daybook.db").read_bytes() == copy.read_bytes()
