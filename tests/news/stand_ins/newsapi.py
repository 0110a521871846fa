"""NewsAPI.org as a client meets it: no Korean, 100 a page, and plans that end."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.news.stand_ins.server import Answer, Request, StandIn

KEY = "CANARYNEWSAPI0123456789abcdef"
LANGUAGES = {"ar", "de", "en", "es", "fr", "he", "it", "nl", "no", "pt", "ru", "sv", "ud", "zh"}


@dataclass(frozen=True)
class NewsApiItem:
    title: str
    description: str
    url: str
    published_at: datetime
    source: str = "Example Wire"

    def json(self) -> dict[str, Any]:
        return {
            "source": {"id": None, "name": self.source},
            "author": None,
            "title": self.title,
            "description": self.description,
            "url": self.url,
            "urlToImage": None,
            "publishedAt": self.published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "content": f"{self.description[:180]}… [+1200 chars]",
        }


class NewsApiServer(StandIn):
    """``/v2/everything``; ``most_results`` is where the plan ends."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[NewsApiItem] = []
        self.most_results: int | None = None
        self.quota: int | None = None

    def answer(self, request: Request) -> Answer:
        key = request.headers.get("x-api-key") or request.query.get("apiKey")
        if not key:
            return _error(401, "apiKeyMissing")
        if key != KEY:
            return _error(401, "apiKeyInvalid")
        if self.quota is not None and len(self.requests) > self.quota:
            return _error(429, "rateLimited")
        query = request.query
        if not query.get("q"):
            return _error(400, "parametersMissing")
        if len(query["q"]) > 500 or query.get("language", "en") not in LANGUAGES:
            return _error(400, "parameterInvalid")
        size, page = int(query.get("pageSize", 100)), int(query.get("page", 1))
        if self.most_results is not None and (page - 1) * size >= self.most_results:
            return _error(426, "maximumResultsReached")
        words = [word.strip('" ') for word in re.split(r"\bOR\b", query["q"])]
        begin, end = (datetime.fromisoformat(query[name]).replace(tzinfo=UTC) for name in ("from", "to"))
        found = [
            item
            for item in sorted(self.items, key=lambda item: item.published_at, reverse=True)
            if begin <= item.published_at <= end
            and any(word.casefold() in f"{item.title} {item.description}".casefold() for word in words)
        ]
        rows = [item.json() for item in found[(page - 1) * size : page * size]]
        return Answer(200, json.dumps({"status": "ok", "totalResults": len(found), "articles": rows}).encode())


def _error(status: int, code: str) -> Answer:
    body = {"status": "error", "code": code, "message": f"Your request was refused ({code})."}
    return Answer(status, json.dumps(body).encode())
