"""News and filings for a desk: stand-ins that hold one honest week, and the settings that point at them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from daybook.settings import NewsSettings
from tests.filings.stand_ins.dart import KEY as DART_KEY
from tests.filings.stand_ins.dart import SAMSUNG, Dart, annual_2024
from tests.filings.stand_ins.dart import dart as serving_dart
from tests.filings.stand_ins.edgar import Edgar
from tests.filings.stand_ins.edgar import edgar as serving_edgar
from tests.news.stand_ins.naver import CLIENT_ID, CLIENT_SECRET, Naver, NaverItem
from tests.news.stand_ins.server import serving

HONEST = (
    ("삼성전자, 3분기 영업이익 컨센서스 상회", "good.example", 20),
    ("삼성전자 노조 파업 예고에 생산 차질 우려", "daily.example", 50),
    ("삼성전자 자사주 매입 결정", "press.example", 90),
    ("Samsung Electronics beats estimates on memory demand", "wire.example", 30),
)
"""Title, publisher, and age in hours."""


@dataclass
class Sources:
    """The running stand-ins."""

    naver: Naver
    edgar: Edgar
    dart: Dart

    def settings(self, **changes: Any) -> NewsSettings:
        """Return settings that know the stand-ins."""
        values: dict[str, Any] = {
            "naver_client_id": SecretStr(CLIENT_ID),
            "naver_client_secret": SecretStr(CLIENT_SECRET),
            "naver_base_url": self.naver.url,
            "dart_api_key": SecretStr(DART_KEY),
            "dart_base_url": self.dart.url,
            "sec_user_agent": "Daybook tests desk@example.com",
            "sec_data_base_url": self.edgar.url,
            "sec_www_base_url": self.edgar.url,
            "newsapi_base_url": "http://127.0.0.1:9",
            "timeout_s": 5,
        }
        return NewsSettings(**{**values, **changes})


@contextmanager
def open_sources() -> Iterator[Sources]:
    """Serve the sources on loopback."""
    now = datetime.now(UTC)
    with ExitStack() as stack:
        naver = Naver()
        stack.enter_context(serving(naver))
        naver.items = [
            NaverItem(title, f"{title}. 시장의 반응", f"https://{site}/{hours}", now - timedelta(hours=hours))
            for title, site, hours in HONEST
        ]
        edgar, dart = stack.enter_context(serving_edgar()), stack.enter_context(serving_dart())
        year = now.year - 2
        dart.statements[SAMSUNG, str(year), "11011"] = [
            {**row, "bsns_year": str(year)} for row in annual_2024(f"{year + 1}0311001085")
        ]
        yield Sources(naver, edgar, dart)
