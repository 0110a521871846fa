import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.budget import OverBudget, check
from sandbox.digest import arguments_digest, canonical_json
from sandbox.errors import ProtocolError
from sandbox.frames import HEADER, FrameBuffer, encode, parse, read_frame

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=4), st.integers(1, 50))
def test_frame_when_cut_anywhere_then_it_arrives_whole(value: dict, piece: int) -> None:
    data = encode(value)
    buffer = FrameBuffer(1 << 20)
    bodies = [buffer.feed(data[place : place + piece]) for place in range(0, len(data), piece)]
    assert [parse(body) for body in bodies if body is not None] == [value]


@given(JSON)
def test_digest_when_sent_as_json_then_it_stays_the_same(value: object) -> None:
    sent = parse(encode({"a": value})[HEADER.size :])
    assert arguments_digest(sent) == arguments_digest({"a": value})


def test_digest_when_keys_are_in_another_order_then_the_same() -> None:
    assert arguments_digest({"a": 1, "b": [1.5]}) == arguments_digest({"b": [1.5], "a": 1})
    assert arguments_digest({"a": 1}) != arguments_digest({"a": 1.0}) != arguments_digest({"a": True})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_frame_when_its_length_is_a_lie_then_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError):
        FrameBuffer(1000).feed(b"\x00\x01\x00\x00")
    with pytest.raises(ProtocolError):
        read_frame(_reader(b"\x00\x00\x00\x05{}"), 100)
    assert read_frame(_reader(b""), 100) is None
    assert read_frame(_reader(b"\x00\x00\x00\x02{}"), 100) == b"{}"


def _reader(data: bytes):  # type: ignore[no-untyped-def]
    rest = bytearray(data)

    def read(size: int) -> bytes:
        chunk = bytes(rest[:size])
        del rest[:size]
        return chunk

    return read


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        2**63,
        {1: 2},
        (1,),
        {"a": b"x"},
        "\x00",
        "\ud800",
        {"\x00": 1},
        [[[[[[1]]]]]],
        list(range(200)),
        "x" * 2000,
        object(),
    ],
)
def test_value_when_over_the_budget_or_not_plain_then_refused(value: object) -> None:
    with pytest.raises(OverBudget):
        check(value, nodes=100, depth=4, text_bytes=1000)


@given(JSON.filter(lambda value: "\\u0000" not in canonical_json(value) and "\\ud" not in canonical_json(value)))
def test_value_when_plain_and_small_then_accepted(value: object) -> None:
    check(value, nodes=1000, depth=32, text_bytes=100_000)
