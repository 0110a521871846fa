"""Articles as they were first seen, and their scores."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from daybook.contracts.news import Article, ArticleScore, Scorer, SourceKind
from daybook.storage.store import Store, clipped
from daybook.storage.tables.intelligence import article_scores, articles
from daybook.storage.upsert import upsert

LARGEST_READ = 5_000
_CHUNK = 500


class ArticleStore(Store):
    """Articles, each inserted once: a second sight changes nothing, so ``observed_at`` stays the first one."""

    def add(self, found: Sequence[Article]) -> int:
        """Insert the articles that are not there yet and return how many were new."""
        rows = {article.article_id: _row(article) for article in found}
        if not rows:
            return 0
        ordered = [rows[name] for name in sorted(rows)]

        def write(session: Session) -> int:
            is_lite = session.get_bind().dialect.name == "sqlite"
            lite = sqlite_insert(articles).on_conflict_do_nothing(index_elements=["article_id"])
            mine = mysql_insert(articles)
            statement: Any = lite if is_lite else mine.on_duplicate_key_update(article_id=articles.c.article_id)
            new = len(ordered) - len(_known(session, list(rows)))
            for start in range(0, len(ordered), _CHUNK):
                session.execute(statement, ordered[start : start + _CHUNK])
            return new

        return self._write(write, exclusive=False)

    def get(self, article_ids: Sequence[str]) -> list[Article]:
        """Return articles by id, in the order asked; unknown ids are left out."""
        wanted = list(dict.fromkeys(article_ids))

        def read(session: Session) -> dict[str, Article]:
            found: dict[str, Article] = {}
            for start in range(0, len(wanted), _CHUNK):
                query = select(articles).where(articles.c.article_id.in_(wanted[start : start + _CHUNK]))
                found |= {row["article_id"]: _article(row) for row in session.execute(query).mappings()}
            return found

        known = self._read(read)
        return [known[name] for name in wanted if name in known]

    def find(
        self,
        since: datetime,
        until: datetime,
        *,
        known_at: datetime | None = None,
        sources: Collection[SourceKind] = (),
        symbols: Collection[str] = (),
        words: Collection[str] = (),
        limit: int = 500,
    ) -> list[Article]:
        """Return articles published in ``[since, until]``, newest first.

        Args:
            since: earliest ``published_at``.
            until: latest ``published_at``.
            known_at: a point in time; what was published or first seen after it is left out.
            sources: only of these; empty: of any.
            symbols: that name one of them, or hold one of ``words``.
            words: that hold one of them in title or text, in any case; without symbols and words: any.
            limit: most articles returned.
        """
        query = (
            select(articles)
            .where(articles.c.published_at >= since, articles.c.published_at <= until)
            .order_by(articles.c.published_at.desc(), articles.c.article_id)
            .limit(LARGEST_READ)
        )
        if known_at is not None:
            query = query.where(articles.c.published_at <= known_at, articles.c.observed_at <= known_at)
        if sources:
            query = query.where(articles.c.source.in_(sorted(source.value for source in sources)))
        rows = self._read(lambda session: session.execute(query).mappings().all())
        asked, folded = set(symbols), [word.casefold() for word in words]
        found = (_article(row) for row in rows)
        return [article for article in found if _fits(article, asked, folded)][:limit]

    def set_clusters(self, clusters: Mapping[str, str]) -> None:
        """Name the story of each article that has none yet."""

        def write(session: Session) -> None:
            for name in sorted(clusters):
                session.execute(
                    update(articles)
                    .where(articles.c.article_id == name, articles.c.cluster == "")
                    .values(cluster=clusters[name])
                )

        if clusters:
            self._write(write, exclusive=False)

    def save_scores(self, scores: Sequence[ArticleScore], at: datetime | None = None) -> None:
        """Insert or replace scores; one for each article and scorer (a model's name, or the lexicon)."""
        moment = self._now(at)
        rows = {
            (score.article_id, scorer_name(score)): {
                "article_id": score.article_id,
                "scorer": scorer_name(score),
                "sentiment": score.sentiment,
                "relevance": score.relevance,
                "terms": json.dumps(score.terms, ensure_ascii=False),
                "at": moment,
            }
            for score in scores
        }
        if rows:
            self._write(lambda session: upsert(session, article_scores, list(rows.values())), exclusive=False)

    def model_scores(self, article_ids: Sequence[str], *, known_at: datetime | None = None) -> dict[str, ArticleScore]:
        """Return the newest score by a model of each article that has one; ``known_at`` leaves out later ones."""
        wanted = sorted(set(article_ids))
        found: dict[str, ArticleScore] = {}

        def read(session: Session) -> list[RowMapping]:
            rows: list[RowMapping] = []
            for start in range(0, len(wanted), _CHUNK):
                query = select(article_scores).where(
                    article_scores.c.article_id.in_(wanted[start : start + _CHUNK]),
                    article_scores.c.scorer != Scorer.LEXICON.value,
                )
                if known_at is not None:
                    query = query.where(article_scores.c.at <= known_at)
                rows += session.execute(query.order_by(article_scores.c.at, article_scores.c.scorer)).mappings().all()
            return rows

        for row in self._read(read):
            found[row["article_id"]] = ArticleScore(
                article_id=row["article_id"],
                sentiment=row["sentiment"],
                relevance=row["relevance"],
                scorer=Scorer.MODEL,
                model=row["scorer"],
                terms=tuple(json.loads(row["terms"])),
            )
        return found


def scorer_name(score: ArticleScore) -> str:
    """Return under which name a score is kept."""
    return (score.model or "model")[:80] if score.scorer is Scorer.MODEL else Scorer.LEXICON.value


def _known(session: Session, names: list[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(names), _CHUNK):
        query = select(articles.c.article_id).where(articles.c.article_id.in_(names[start : start + _CHUNK]))
        known |= set(session.execute(query).scalars())
    return known


def _row(article: Article) -> dict[str, Any]:
    return {
        **article.model_dump(exclude={"source", "symbols", "title"}),
        "source": article.source.value,
        "title": clipped(article.title),
        "symbols": json.dumps(article.symbols),
    }


def _article(row: RowMapping) -> Article:
    return Article(**{**row, "symbols": tuple(json.loads(row["symbols"]))})


def _fits(article: Article, symbols: set[str], words: Iterable[str]) -> bool:
    wanted = list(words)
    if not symbols and not wanted:
        return True
    if symbols.intersection(article.symbols):
        return True
    text = f"{article.title} {article.text}".casefold()
    return any(word in text for word in wanted)
