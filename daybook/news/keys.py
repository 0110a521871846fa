"""Which sources have keys, and what to set for the others."""

from collections.abc import Mapping
from dataclasses import dataclass

from daybook.contracts.news import SourceKind
from daybook.settings import NewsSettings

MISSING: Mapping[SourceKind, str] = {
    SourceKind.NAVER: "naver: no key; set DAYBOOK_NEWS__NAVER_HUB_KEY_ID and DAYBOOK_NEWS__NAVER_HUB_KEY",
    SourceKind.NEWSAPI: "newsapi: no key; set DAYBOOK_NEWS__NEWSAPI_KEY",
    SourceKind.DART: "dart: no key; set DAYBOOK_NEWS__DART_API_KEY",
}
"""What to set for each source."""


@dataclass(frozen=True, slots=True)
class NaverAccess:
    """Where to ask Naver and with which headers; ``variables`` are the settings to look at when a key is refused."""

    base_url: str
    path: str
    headers: dict[str, str]
    variables: str

    @classmethod
    def of(cls, settings: NewsSettings) -> "NaverAccess | None":
        """Return the access of the key pair that is set, NAVER API HUB's first; None without any."""
        hub_id, hub_key = settings.naver_hub_key_id.get_secret_value(), settings.naver_hub_key.get_secret_value()
        if hub_id and hub_key:
            return cls(
                settings.naver_hub_base_url,
                "/search/v1/news",
                {"X-NCP-APIGW-API-KEY-ID": hub_id, "X-NCP-APIGW-API-KEY": hub_key},
                "DAYBOOK_NEWS__NAVER_HUB_KEY_ID and DAYBOOK_NEWS__NAVER_HUB_KEY",
            )
        client_id, secret = settings.naver_client_id.get_secret_value(), settings.naver_client_secret.get_secret_value()
        if client_id and secret:
            return cls(
                settings.naver_base_url,
                "/v1/search/news.json",
                {"X-Naver-Client-Id": client_id, "X-Naver-Client-Secret": secret},
                "DAYBOOK_NEWS__NAVER_CLIENT_ID and DAYBOOK_NEWS__NAVER_CLIENT_SECRET",
            )
        return None


def missing_sources(settings: NewsSettings) -> tuple[str, ...]:
    """Return a line for each source without a key, with what to set."""
    has = {
        SourceKind.NAVER: NaverAccess.of(settings) is not None,
        SourceKind.NEWSAPI: bool(settings.newsapi_key.get_secret_value()),
        SourceKind.DART: bool(settings.dart_api_key.get_secret_value()),
    }
    return tuple(MISSING[kind] for kind in SourceKind if not has[kind])
