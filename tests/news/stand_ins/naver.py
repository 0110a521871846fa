"""Naver news search as a client meets it: the older host and NAVER API HUB, whose errors have another shape."""

import html
import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from daybook.contracts.base import KST
from tests.news.stand_ins.server import Answer, Request, StandIn

CLIENT_ID, CLIENT_SECRET = "CANARY-NAVER-ID-7f3a", "CANARY-NAVER-SECRET-91bd"
HUB_ID, HUB_KEY = "CANARY-HUB-ID-55aa01", "CANARY-HUB-KEY-c0ffee42"


@dataclass(frozen=True)
class NaverItem:
    title: str
    description: str
    original: str
    published_at: datetime
    link: str = ""

    def matches(self, word: str) -> bool:
        return word.casefold() in f"{self.title} {self.description}".casefold()

    def json(self, word: str) -> dict[str, str]:
        def marked(text: str) -> str:
            return html.escape(text, quote=True).replace(html.escape(word), f"<b>{html.escape(word)}</b>")

        return {
            "title": marked(self.title),
            "originallink": self.original,
            "link": self.link or self.original,
            "description": marked(self.description),
            "pubDate": format_datetime(self.published_at.astimezone(KST)),
        }


class Naver(StandIn):
    """Both hosts; ``raw`` items are sent as they are, whatever is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[NaverItem] = []
        self.raw: list[dict[str, Any]] = []
        self.quota: int | None = None

    def answer(self, request: Request) -> Answer:
        if request.path == "/v1/search/news.json":
            return self._legacy(request)
        if request.path == "/search/v1/news":
            return self._hub(request)
        return _json(404, {"errorMessage": "Invalid search api (존재하지 않는 검색 api 입니다.)", "errorCode": "SE05"})

    def _legacy(self, request: Request) -> Answer:
        given = (request.headers.get("x-naver-client-id"), request.headers.get("x-naver-client-secret"))
        if given != (CLIENT_ID, CLIENT_SECRET):
            return _json(
                401, {"errorMessage": "NID AUTH Result Invalid (1000) : Authentication failed", "errorCode": "024"}
            )
        if self._is_spent():
            return _json(429, {"errorMessage": "Query limit exceeded (쿼리 한도를 초과했습니다.)", "errorCode": "010"})
        return self._search(request.query)

    def _hub(self, request: Request) -> Answer:
        given = (request.headers.get("x-ncp-apigw-api-key-id"), request.headers.get("x-ncp-apigw-api-key"))
        if given != (HUB_ID, HUB_KEY):
            return _gateway(401, "200", "Authentication Failed")
        if self._is_spent():
            return _gateway(429, "400", "Quota Exceeded")
        return self._search(request.query)

    def _is_spent(self) -> bool:
        return self.quota is not None and len(self.requests) > self.quota

    def _search(self, query: Any) -> Answer:
        word = query.get("query", "")
        if not word:
            return _json(400, {"errorMessage": "Incorrect query request (잘못된 쿼리요청입니다.)", "errorCode": "SE01"})
        display, start = int(query.get("display", 10)), int(query.get("start", 1))
        if not 1 <= display <= 100:
            return _json(400, {"errorMessage": "Invalid display value", "errorCode": "SE02"})
        if not 1 <= start <= 1000:
            return _json(400, {"errorMessage": "Invalid start value", "errorCode": "SE03"})
        if query.get("sort", "sim") not in {"sim", "date"}:
            return _json(400, {"errorMessage": "Invalid sort value", "errorCode": "SE04"})
        found = sorted((item for item in self.items if item.matches(word)), key=lambda item: item.published_at)[::-1]
        rows = [item.json(word) for item in found] + self.raw
        page = rows[start - 1 : start - 1 + display]
        body = {
            "lastBuildDate": format_datetime(datetime.now(KST)),
            "total": len(rows),
            "start": start,
            "display": len(page),
            "items": page,
        }
        return _json(200, body)


def _json(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())


def _gateway(status: int, code: str, message: str) -> Answer:
    return _json(status, {"error": {"errorCode": code, "message": message, "details": "see the gateway's manual"}})
