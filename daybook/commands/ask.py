"""``daybook ask``: a question in natural language, answered with sources and cost."""

import sys
from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table

from daybook.commands.support import (
    AsJson,
    client_settings,
    console,
    fail,
    ledger,
    person,
    print_json,
    print_text,
    with_desk,
)
from daybook.contracts.ask import AnswerKind, AskAnswer
from daybook.contracts.base import KST
from daybook.front.ask import ask_desk
from daybook.front.desk import Desk
from daybook.storage.answers import AnswerStore

_TITLES = {
    AnswerKind.TICKET: "order ticket - nothing has been sent",
    AnswerKind.DRAFT: "order draft - nothing has been ordered",
    AnswerKind.CONFIRM: "is an order meant? - nothing has been ordered",
    AnswerKind.FALLBACK: "answered by rules",
    AnswerKind.DIRECT: "answered by a tool",
    AnswerKind.TEMPLATE: "answered by the desk",
    AnswerKind.REFUSED: "refused",
}
_MICRO = 1_000_000
_MOST_SOURCES = 8


def ask(
    question: Annotated[list[str] | None, typer.Argument(help="The question; - reads it from standard input.")] = None,
    model: Annotated[str, typer.Option(help="Ask this model of the catalogue.")] = "",
    history: Annotated[int, typer.Option(min=0, max=200, help="Show so many earlier answers instead.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Ask the desk in Korean or English. An order becomes a ticket that waits for your approval.

    Exit code 1 when the question was refused.
    """
    if history:
        _show_history(history, as_json)
        return
    words = question or []
    text = sys.stdin.read() if words == ["-"] else " ".join(words)
    if not words:
        fail('write the question, as in: daybook ask "최근 1주일 삼성전자 뉴스 분석해줘"')
    settings = client_settings()

    async def action(desk: Desk) -> AskAnswer:
        return await ask_desk(desk, settings, text, by=person(), model=model)

    answer = with_desk(action, using=settings)
    if as_json:
        print_json(answer.model_dump(mode="json"))
    elif answer.kind is AnswerKind.REFUSED:
        fail(answer.text)
    else:
        _show(answer)
    if answer.kind is AnswerKind.REFUSED:
        raise typer.Exit(1)


def _show(answer: AskAnswer) -> None:
    title = _TITLES.get(answer.kind) or f"answered by {', '.join(answer.models) or 'a model'}"
    if console.is_terminal:
        body = Markdown(answer.text) if answer.kind is AnswerKind.MODEL else answer.text
        console.print(Panel(body, title=title, title_align="left", border_style="dim"))
    else:
        print_text(f"{title}\n\n{answer.text}")
    for line in _notes(answer):
        print_text(line)


def _notes(answer: AskAnswer) -> list[str]:
    lines = []
    for source in answer.sources[:_MOST_SOURCES]:
        at = source.published_at or source.observed_at
        when = f"{at.astimezone(KST):%Y-%m-%d %H:%M} " if at else ""
        lines.append(f"  source: {when}{source.name} {source.title} {source.url}".rstrip())
    if len(answer.sources) > _MOST_SOURCES:
        lines.append(f"  and {len(answer.sources) - _MOST_SOURCES} more sources")
    lines += [f"  chart: {path}" for path in answer.charts]
    lines += [f"  problem: {text}" for text in answer.problems]
    if answer.model_calls:
        share = answer.cached_tokens / answer.input_tokens if answer.input_tokens else 0
        lines.append(
            f"  {answer.tool_calls} tool calls, {answer.model_calls} model calls, {answer.input_tokens:,} tokens in "
            f"({share:.0%} cached), {answer.output_tokens:,} out, {answer.cost_micro_krw / _MICRO:.2f} KRW"
        )
    else:
        lines.append(f"  {answer.tool_calls} tool calls, no model, 0 KRW")
    return lines


def _show_history(count: int, as_json: bool) -> None:
    with ledger() as database:
        records = AnswerStore(database).newest(count)
    if as_json:
        print_json(
            [{"question": row.question, "by": row.asked_by, **row.answer.model_dump(mode="json")} for row in records]
        )
        return
    if not records:
        print_text("nothing has been asked yet")
        return
    table = Table(box=None, pad_edge=False)
    for head in ("when", "question", "answer", "KRW"):
        table.add_column(head, justify="right" if head == "KRW" else "left", overflow="fold")
    for row in records:
        cost = f"{row.answer.cost_micro_krw / _MICRO:.2f}"
        first = next(iter(row.answer.text.splitlines()), "")
        table.add_row(
            f"{row.at.astimezone(KST):%m-%d %H:%M}", row.question[:80], f"{row.answer.kind}: {first}"[:120], cost
        )
    console.print(table)
