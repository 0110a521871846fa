import pytest

from daybook.scenario.market.keys import stream_key


def test_key_when_seed_or_stream_differs_then_it_differs() -> None:
    keys = {stream_key(seed, stream) for seed in range(50) for stream in ("plan", "fresh", "block-0", "block-1")}
    assert len(keys) == 200
    assert all(0 <= key < 2**64 for key in keys)


def test_key_when_asked_again_then_it_is_the_same() -> None:
    assert stream_key(20_260_101, "plan") == stream_key(20_260_101, "plan") == 0x751B_4A5D_3490_B372


@pytest.mark.parametrize(("seed", "stream", "word"), [(-1, "plan", "seed"), (1, "", "name")])
def test_key_when_input_is_bad_then_it_says_what(seed: int, stream: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        stream_key(seed, stream)
