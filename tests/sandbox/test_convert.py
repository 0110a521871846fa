import collections
import dataclasses
import datetime as dt
import enum
from decimal import Decimal
from typing import Any

import pytest

from sandbox.child.convert import Converter, NotPlain


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Side(enum.Enum):
    BUY = "buy"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        ({1: (1, 2)}, {"1": [1, 2]}),
        ({dt.date(2026, 3, 2): Side.BUY}, {"2026-03-02": "buy"}),
        (float("nan"), None),
        (float("-inf"), None),
        (Decimal("1.10"), "1.10"),
        ({3, 1, 2}, [1, 2, 3]),
        (Point(1, 2.5), {"x": 1, "y": 2.5}),
        (dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "2026-03-02T00:00:00+00:00"),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.deque([1]), [1]),
        ((n for n in range(2)), [0, 1]),
        (range(3), [0, 1, 2]),
        (b"text", "text"),
        (ValueError("no"), "ValueError: no"),
    ],
)
def test_value_when_converted_then_plain(value: Any, plain: Any) -> None:
    assert Converter(1000, 10).plain(value) == plain


@pytest.mark.parametrize(
    "value", [object(), print, 2**63, -(2**63) - 1, "\x00", "\ud800", b"\xff", {"\ud800": 1}, [[[[[1]]]]], [0] * 200]
)
def test_value_when_it_has_no_plain_form_then_refused(value: Any) -> None:
    with pytest.raises(NotPlain):
        Converter(100, 3).plain(value)


def test_frames_when_converted_then_rows_and_columns() -> None:
    pandas = pytest.importorskip("pandas")
    numpy = pytest.importorskip("numpy")
    frame = pandas.DataFrame({"a": [1, 2], "b": [1.5, numpy.nan]})
    convert = Converter(1000, 10).plain
    assert convert(frame) == {"columns": ["a", "b"], "rows": [[1, 1.5], [2, None]], "n_rows": 2}
    assert convert(frame.set_index("a"))["index"] == [1, 2]
    assert convert(frame["b"]) == {"0": 1.5, "1": None}
    assert convert(frame.groupby("a").b.sum()) == {"1": 1.5, "2": 0.0}
    assert convert(pandas.Timestamp("2026-03-02")) == "2026-03-02T00:00:00"
    assert convert([pandas.NaT, pandas.NA, numpy.float64("nan"), numpy.int64(3), numpy.bool_(True)]) == [
        None,
        None,
        None,
        3,
        True,
    ]
    assert convert(numpy.array([[1, 2], [3, 4]])) == [[1, 2], [3, 4]]
    assert convert(numpy.datetime64("2026-03-02")) == "2026-03-02"
