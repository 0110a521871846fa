"""What endpoints work with, handed to them as dependencies."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.books import Books
from api.desk_link import DeskLink
from api.report_files import ReportFiles
from daybook.execution.kill_switch import KillSwitch
from daybook.settings import Settings


@dataclass(frozen=True, slots=True)
class ApiContext:
    """The API's few collaborators; built once per application."""

    settings: Settings
    link: DeskLink
    books: Books
    reports: ReportFiles
    kill_switch: KillSwitch


def _context(request: Request) -> ApiContext:
    context: ApiContext = request.app.state.context
    return context


Context = Annotated[ApiContext, Depends(_context)]
