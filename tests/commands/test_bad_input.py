from datetime import date
from pathlib import Path

import pytest

from daybook.commands import support
from tests.commands.conftest import NO_SERVER, Run
from tests.commands.desk import ScriptedDesk

CSV = "date,symbol,open,high,low,close,volume\n"


def files(*folders: Path) -> list[str]:
    return sorted(str(path) for folder in folders for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("nosuch", 2, "No such command 'nosuch'"),
        ("demmo", 2, "Did you mean 'demo'?"),
        ("--bogus", 2, "No such option: --bogus"),
        ("why", 2, "Missing argument 'order'"),
        ("resume --confirm", 2, "requires an argument"),
        ("demo --speed 0", 2, "'--speed'"),
        ("demo --speed nan", 2, "'--speed'"),
        ("demo --seed text", 2, "'--seed'"),
        ("demo --seed -1", 2, "'--seed'"),
        ("demo --day 2026-13-01", 1, "there is no date 2026-13-01"),
        ("demo --day tomorrow", 1, "'tomorrow' is not a date; write it as 2026-03-06"),
        ("demo --day 20260306", 1, "write it as 2026-03-06"),
        ("demo --day 2026-03-07", 1, "no session (Saturday); choose another day"),
        ("demo --day 1990-01-05", 1, "holidays.yaml"),
        ("demo --shock 25:00=9", 1, "a shock looks like"),
        ("demo --shock 11:00=-0.5", 1, "less than 30 %"),
        ("demo --home afile", 1, "afile is not a folder; name another one with --home"),
        ("demo --home full", 1, "full is not empty and was not made by this command"),
        ("up --home afile", 1, "is not a folder; name another one"),
        ("rehearse", 1, "name the days with --from and --to, or use --special"),
        ("rehearse --from 2026-03-06", 1, "--from and --to"),
        ("rehearse --special --from 2026-03-06", 1, "leave out --from and --to"),
        ("rehearse --from 2026-03-09 --to 2026-03-06", 1, "--to 2026-03-06 is before --from 2026-03-09"),
        ("rehearse --from 2026-03-07 --to 2026-03-08", 1, "no session from 2026-03-07 to 2026-03-08"),
        ("rehearse --from 2019-03-07 --to 2026-03-08", 1, "outside the table of special days"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --home full", 1, "full is not empty"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay nosuch.csv", 1, "there is no file nosuch.csv"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay empty.csv", 1, "empty.csv has no rows"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay header.csv", 1, "header.csv has no rows"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay binary.csv", 1, "binary.csv cannot be read"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay binary.csv.gz", 1, "cannot be read as daily prices"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay binary.parquet", 1, "cannot be read as daily prices"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay columns.csv", 1, "lacks the columns close, volume"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay ragged.csv", 1, "cannot be read as daily prices"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --replay wrong.csv", 1, "row 1 by date (005930)"),
        ("rehearse --from 2026-03-09 --to 2026-03-09 --replay good.csv", 1, "prices from 2026-03-06 to 2026-03-06"),
        ("rehearse --from 2026-03-06 --to 2026-03-06 --index columns.csv", 1, "lacks the columns close, volume"),
        ("paper serve --replay nosuch.csv", 1, "there is no file nosuch.csv"),
        ("paper serve --replay columns.csv", 1, "lacks the columns"),
        ("paper serve --index binary.csv", 1, "cannot be read as an index"),
        ("paper serve --commission-rate x", 1, "'x' is not a commission rate; write it as 0.00014"),
        ("paper serve --commission-rate nan", 1, "from 0 to 0.01"),
        ("paper serve --token-life nan", 1, "number of seconds"),
        ("paper serve --port 70000", 2, "the port must be 0 to 65535"),
        ("paper serve --start noon --port 0", 2, "the start must be a time like"),
        ("paper serve --faults nosuch.yaml --port 0", 2, "No such file"),
        ("orders --day 2026-02-30", 1, "there is no date 2026-02-30"),
        ("day status x", 1, "'x' is not a date"),
        ("day list --count 0", 2, "'--count'"),
        ("day report ../../etc", 1, "is not a date"),
        ("why %", 1, "cannot be an order's id"),
        ("why 'a;b'", 1, "cannot be an order's id"),
        ("approve *", 1, "cannot be an order's id"),
        ("resolve 2026", 1, "say either --number NUMBER or --absent"),
        ("resolve 2026 --number 1 --absent", 1, "say either --number NUMBER or --absent"),
        ("resolve 2026 --number 1e5", 1, "'1e5' is not an order number"),
        ("resolve 2026 --number 1 --branch x", 1, "'x' is not a branch number"),
        ("arm", 1, "arming is for mode live; this desk is configured for mode paper"),
        ("disarm", 1, "arming is for mode live"),
    ],
)
def test_command_when_its_input_is_wrong_then_one_line_says_what_to_do_and_nothing_is_left_behind(
    run: Run, home: Path, line: str, code: int, said: str
) -> None:
    write_files(Path.cwd())
    before = files(Path.cwd(), home.parent)
    ended = run(*line.split())
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.line
    assert files(Path.cwd(), home.parent) == before


def write_files(folder: Path) -> None:
    (folder / "afile").touch()
    (folder / "full").mkdir()
    (folder / "full" / "thesis.txt").touch()
    (folder / "empty.csv").touch()
    (folder / "header.csv").write_text(CSV)
    for name in ("binary.csv", "binary.csv.gz", "binary.parquet"):
        (folder / name).write_bytes(b"\x7fELF\xff\xfe\x00\x01" * 40)
    (folder / "columns.csv").write_text("date,symbol,open,high,low\n2026-03-06,005930,1,1,1\n")
    (folder / "ragged.csv").write_text(CSV + "2026-03-06,005930,1,1,1,1,1,9,9,9\n")
    (folder / "wrong.csv").write_text(CSV + "2026-03-06,005930,100,90,80,100,10\n")
    (folder / "good.csv").write_text(CSV + "2026-03-06,005930,100,110,90,100,10\n")


@pytest.mark.parametrize("line", ["orders", "why 2026", "state", "day list", "approve 2026", "reject 2026"])
def test_command_when_there_is_no_ledger_then_it_says_how_to_get_one(run: Run, home: Path, line: str) -> None:
    ended = run(*line.split())
    assert (ended.code, ended.out) == (1, "")
    assert ended.line.endswith(f"there is no ledger in {home} yet; start the desk with: daybook up")
    assert not home.exists()


@pytest.mark.parametrize("line", ["reduce", "resume", "reconcile", "schedule list", "schedule apply", "day status"])
def test_command_when_no_desk_runs_in_the_home_then_no_other_server_is_asked(
    run: Run, home: Path, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.delenv("DAYBOOK_TEMPORAL__ADDRESS")
    ended = run(*line.split())
    assert (ended.code, ended.out, desk.settings) == (1, "", None)
    assert "is not running; start it with: daybook up" in ended.line
    assert not home.exists()


def test_command_when_the_server_is_down_then_it_names_the_address(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_TEMPORAL__ADDRESS", NO_SERVER)
    ended = run("reduce")
    assert (ended.code, ended.line) == (
        1,
        f"daybook: no Temporal server at {NO_SERVER}; start the desk with: daybook up",
    )


@pytest.mark.parametrize("address", ["localhost", "http://127.0.0.1:7233", ":7233x", "a b:1"])
def test_command_when_the_address_is_none_then_it_says_how_to_write_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DAYBOOK_TEMPORAL__ADDRESS", address)
    assert "write host:port" in run("reduce").line


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-03-05", "is over; rehearse it on the paper exchange with: daybook demo --day 2026-03-05"),
        ("2026-03-09", "has not begun in Seoul"),
        ("2026-03-07", "has no session: Saturday"),
        ("2026-03-02", "has no session"),
        ("2031-03-06", "holidays.yaml"),
    ],
)
def test_day_run_when_it_is_not_today_then_nothing_is_started(
    run: Run, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch, day: str, said: str
) -> None:
    monkeypatch.setattr(support, "today", lambda: date(2026, 3, 6))
    ended = run("day", "run", day)
    assert (ended.code, desk.asked) == (1, [])
    assert said in ended.line


def test_paper_serve_when_its_port_is_taken_then_it_names_the_port(run: Run) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run("paper", "serve", "--port", str(port))
    assert (ended.code, f"127.0.0.1:{port}" in ended.line) == (2, True)


def test_group_when_no_command_is_given_then_its_help_is_shown(run: Run) -> None:
    for arguments in ((), ("day",), ("schedule",), ("paper",)):
        ended = run(*arguments)
        assert (ended.code, "Commands:" in ended.err) == (2, True)


@pytest.mark.parametrize("order", ["", "\udcff\udcfe", "삼성", "' OR 1=1", "x" * 81, "a/b", "-5"])
def test_why_when_the_order_can_be_none_then_one_line_says_so(run: Run, order: str) -> None:
    ended = run("why", "--", order)
    assert (ended.code, "cannot be an order's id" in ended.line) == ((1, True) if order != "-5" else (1, False))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "DAYBOOK_LIMITS__MAX_ORDER_NOTIONL_KRW",
            "1",
            "in the environment is not a setting; did you mean DAYBOOK_LIMITS__MAX_ORDER_NOTIONAL_KRW?",
        ),
        ("DAYBOOK_CONFIG", "nosuch.toml", "DAYBOOK_CONFIG names nosuch.toml, which does not exist"),
        ("DAYBOOK_STRATEGY__UNIVERSE_SYMBOLS", '["samsung"]', "write KRX short codes, as in 005930"),
        ("DAYBOOK_LIMITS__MAX_ORDER_NOTIONAL_KRW", "1.5", "should be a valid integer"),
    ],
)
@pytest.mark.parametrize("line", ["demo", "up", "status", "orders", "day run", "schedule apply", "rehearse --special"])
def test_command_when_the_configuration_is_wrong_then_one_line_names_the_place(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, line: str, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(support, "today", lambda: date(2026, 3, 6))
    before = files(Path.cwd(), home.parent)
    ended = run(*line.split())
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.line
    assert files(Path.cwd(), home.parent) == before
