import asyncio

import pytest

from daybook.contracts.base import Mode
from daybook.front.desk import Desk, DeskUnreachable
from daybook.front.located import SERVER_DATABASE, connect
from daybook.settings import Settings, TemporalSettings


@pytest.fixture
def asked(monkeypatch):
    """Addresses a connection was asked of."""
    addresses = []

    async def remember(settings, **_):
        addresses.append(settings.temporal.address)

    monkeypatch.setattr(Desk, "connect", remember)
    return addresses


def test_connect_when_the_homes_own_desk_is_down_then_no_other_desk_is_asked(tmp_path, asked):
    (tmp_path / SERVER_DATABASE).touch()
    with pytest.raises(DeskUnreachable, match="is not running; start it with: daybook up"):
        asyncio.run(connect(Settings(_env_file=None, mode=Mode.PAPER, home=tmp_path)))
    assert asked == []


def test_connect_when_the_home_has_no_server_of_its_own_then_the_configured_one_is_asked(tmp_path, asked):
    asyncio.run(connect(Settings(_env_file=None, home=tmp_path)))
    temporal = TemporalSettings(address="127.0.0.1:9999")
    (tmp_path / SERVER_DATABASE).touch()
    asyncio.run(connect(Settings(_env_file=None, home=tmp_path, temporal=temporal)))
    assert asked == ["127.0.0.1:7233", "127.0.0.1:9999"]
