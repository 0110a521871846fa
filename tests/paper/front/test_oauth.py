from datetime import datetime, timedelta

import pytest

from daybook.contracts.base import KST
from daybook.paper.environment import Environment
from daybook.paper.errors import GatewayRefusal, OauthRefusal
from daybook.paper.oauth import OauthRules, TokenOffice

GRANT: dict[str, object] = {"grant_type": "client_credentials", "appkey": "k" * 36, "appsecret": "s" * 180}
REAL, MOCK = Environment.REAL, Environment.MOCK


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 20, 8, 0, tzinfo=KST)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def office(clock: _Clock) -> TokenOffice:
    return TokenOffice(OauthRules(), clock)


def _code(office: TokenOffice, token: object, environment: Environment = MOCK, app_key: str = "k" * 36) -> str:
    with pytest.raises(GatewayRefusal) as caught:
        office.check(f"Bearer {token}", app_key, environment)
    return caught.value.code


def test_issue_when_granted_then_jwt_of_24_hours(office: TokenOffice) -> None:
    reply = office.issue(GRANT, MOCK)
    assert str(reply["access_token"]).count(".") == 2
    assert len(str(reply["access_token"])) <= 350
    assert reply["expires_in"] == 86_400
    assert reply["token_type"] == "Bearer"
    assert reply["access_token_token_expired"] == "2026-03-21 08:00:00"


def test_issue_when_within_six_hours_then_same_token_and_expiry(office: TokenOffice, clock: _Clock) -> None:
    first = office.issue(GRANT, MOCK)
    clock.pass_(hours=5, minutes=59)
    again = office.issue(GRANT, MOCK)
    assert again["access_token"] == first["access_token"]
    assert again["access_token_token_expired"] == first["access_token_token_expired"]
    assert again["expires_in"] == 86_400 - 21_540


def test_issue_when_after_six_hours_then_new_token_and_old_one_lives(office: TokenOffice, clock: _Clock) -> None:
    first = office.issue(GRANT, MOCK)["access_token"]
    clock.pass_(hours=6)
    second = office.issue(GRANT, MOCK)["access_token"]
    assert second != first
    office.check(f"Bearer {first}", "k" * 36, MOCK)
    office.check(f"Bearer {second}", "k" * 36, MOCK)


def test_issue_when_twice_in_a_minute_then_egw00133(office: TokenOffice, clock: _Clock) -> None:
    office.issue(GRANT, MOCK)
    clock.pass_(seconds=59)
    with pytest.raises(OauthRefusal, match="EGW00133"):
        office.issue(GRANT, MOCK)
    clock.pass_(seconds=1)
    office.issue(GRANT, MOCK)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"grant_type": None}, "EGW00115"),
        ({"grant_type": "password"}, "EGW00116"),
        ({"appkey": ""}, "EGW00103"),
        ({"appkey": 7}, "EGW00103"),
        ({"appsecret": ""}, "EGW00105"),
    ],
)
def test_issue_when_request_is_wrong_then_refused(office: TokenOffice, change: dict[str, object], code: str) -> None:
    with pytest.raises(OauthRefusal, match=code):
        office.issue({**GRANT, **change}, MOCK)


def test_issue_when_keys_are_restricted_then_only_they_pass(clock: _Clock) -> None:
    office = TokenOffice(OauthRules(app_key="k" * 36, app_secret="t" * 180), clock)
    with pytest.raises(OauthRefusal, match="EGW00105"):
        office.issue(GRANT, MOCK)
    with pytest.raises(OauthRefusal, match="EGW00103"):
        office.issue({**GRANT, "appkey": "x" * 36}, MOCK)


def test_check_when_token_is_expired_then_egw00123(office: TokenOffice, clock: _Clock) -> None:
    token = office.issue(GRANT, MOCK)["access_token"]
    clock.pass_(days=1)
    assert _code(office, token) == "EGW00123"


def test_check_when_token_is_unknown_revoked_or_of_another_key_then_egw00121(office: TokenOffice) -> None:
    token = office.issue(GRANT, MOCK)["access_token"]
    assert _code(office, "nonsense") == "EGW00121"
    assert _code(office, token, app_key="x" * 36) == "EGW00121"
    office.revoke({"appkey": "k" * 36, "appsecret": "s" * 180, "token": token})
    assert _code(office, token) == "EGW00121"


def test_check_when_header_is_missing_then_egw00122(office: TokenOffice) -> None:
    with pytest.raises(GatewayRefusal, match="EGW00122"):
        office.check("", "k" * 36, MOCK)


def test_check_when_token_is_of_the_other_environment_then_refused(office: TokenOffice) -> None:
    mock_token = office.issue(GRANT, MOCK)["access_token"]
    real_token = office.issue(GRANT, REAL)["access_token"]
    assert _code(office, mock_token, REAL) == "EGW02004"
    assert _code(office, real_token, MOCK) == "EGW00121"


def test_expire_all_when_called_then_next_request_gets_a_new_token(office: TokenOffice) -> None:
    old = office.issue(GRANT, MOCK)["access_token"]
    office.expire_all()
    assert _code(office, old) == "EGW00123"
    assert office.issue(GRANT, MOCK)["access_token"] != old


def test_approve_when_granted_then_key_names_its_app_for_a_day(office: TokenOffice, clock: _Clock) -> None:
    request = {"grant_type": "client_credentials", "appkey": "k" * 36, "secretkey": "s" * 180}
    key = str(office.approve(request)["approval_key"])
    assert len(key) == 36
    assert office.app_key_of_approval(key) == "k" * 36
    clock.pass_(days=1)
    assert office.app_key_of_approval(key) is None
