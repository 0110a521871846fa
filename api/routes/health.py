"""Liveness and readiness. Neither needs a token, and neither says anything about the desk's business."""

import asyncio

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api.context import ApiContext, Context
from api.schemas import Ready
from daybook.contracts.calls import Layer
from daybook.front.errors import DeskError
from daybook.storage.errors import StorageError

_TEMPORAL_TIMEOUT_S = 6.0

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that this process answers."""
    return {"status": "ok"}


@router.get("/ready", response_model=Ready, responses={503: {"model": Ready}})
async def ready(context: Context) -> JSONResponse:
    """Say whether the desk can work: Temporal, the database, and a worker on each of the four task queues."""
    answers = await asyncio.gather(_missing_in_temporal(context), run_in_threadpool(_missing_in_database, context))
    missing = [part for answer in answers for part in answer]
    body = Ready(ready=not missing, missing=missing)
    return JSONResponse(body.model_dump(), 503 if missing else 200)


async def _missing_in_temporal(context: ApiContext) -> list[str]:
    try:
        async with asyncio.timeout(_TEMPORAL_TIMEOUT_S):
            polling = await (await context.link.desk()).polling_layers()
    except (DeskError, TimeoutError):
        return ["temporal"]
    return [f"worker:{layer.value}" for layer in Layer if layer not in polling]


def _missing_in_database(context: ApiContext) -> list[str]:
    try:
        context.books.check()
    except StorageError:
        return ["database"]
    return []
