"""The application: routes behind the guard, connected to the desk when first needed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.books import Books
from api.context import ApiContext
from api.desk_link import DeskFactory, DeskLink
from api.errors import install_error_handlers, problem_responses
from api.guard import Guard
from api.report_files import ReportFiles
from api.routes import days, docs, health, orders, trading_state
from api.security import CallerBook
from daybook import __version__
from daybook.execution.kill_switch import KillSwitch
from daybook.settings import Settings

_DESCRIPTION = (
    "Starts trading days, answers for orders, halts and resumes the desk, and reads what it recorded. "
    "Every call under /v1 needs a bearer token; every start needs an Idempotency-Key."
)


def create_app(settings: Settings, desk_factory: DeskFactory) -> FastAPI:
    """Return the application. It starts, answers /health and halts with Temporal and the database down.

    Args:
        settings: the desk's configuration; ``settings.api.callers`` says who may call.
        desk_factory: connects to the desk, e.g. ``Desk.connect``; called when first needed, and again after a failure.

    Raises:
        ConfigurationError: when a caller is configured wrongly.
        StorageConfigurationError: when the database URL cannot be used.
    """
    callers = CallerBook.of(settings.api)
    context = ApiContext(
        settings=settings,
        link=DeskLink(settings, desk_factory),
        books=Books(settings),
        reports=ReportFiles(settings.home, settings.reports_path),
        kill_switch=KillSwitch(settings.kill_switch_path),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await context.link.close()
        context.books.close()

    app = FastAPI(
        title="Daybook",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.context = context
    install_error_handlers(app)
    app.include_router(health.router)
    app.include_router(docs.router)
    for router in (days.router, orders.router, trading_state.router):
        app.include_router(router, responses=problem_responses(401, 403, 413, 415))
    app.add_middleware(Guard, callers=callers)
    return app
