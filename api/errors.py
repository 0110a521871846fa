"""Every refusal as one small JSON body: ``{code, message, request_id}``; never a traceback, never an echoed value."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from daybook.front.errors import DeskError, DeskNoAnswer, DeskNotFound, DeskUnreachable, IdempotencyConflict
from daybook.report.why import AmbiguousOrder, NoSuchOrder
from daybook.storage.errors import RecordNotFound, StorageError

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger("daybook.api")


class Problem(BaseModel):
    """Why a request was refused."""

    code: str = Field(description="stable, for programs")
    message: str = Field(description="one line for a person: what is wrong and what to do")
    request_id: str = Field(description="find the request in the log by it")
    candidates: list[str] | None = Field(default=None, description="orders an ambiguous id may mean")


class ApiProblem(Exception):
    """A refusal by the API itself."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def problem_response(
    status: int, code: str, message: str, request_id: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return a problem as a response."""
    body = Problem(code=code, message=" ".join(message.split()), request_id=request_id, **more)
    return JSONResponse(body.model_dump(exclude_none=True), status, dict(headers or {}), media_type=MEDIA_TYPE)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems an endpoint can answer with."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "model": Problem, "content": {MEDIA_TYPE: schema}}
        for status in statuses
    }


_KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (DeskUnreachable, 503, "temporal_unreachable"),
    (DeskNoAnswer, 503, "no_answer"),
    (DeskNotFound, 404, "not_found"),
    (IdempotencyConflict, 422, "idempotency_key_reused"),
    (DeskError, 409, "refused"),
    (NoSuchOrder, 404, "not_found"),
    (RecordNotFound, 404, "not_found"),
    (StorageError, 503, "database_unavailable"),
)


def install_error_handlers(app: FastAPI) -> None:
    """Make ``app`` answer every error as a problem."""
    for kind, status, code in _KINDS:
        app.add_exception_handler(kind, _answer_with(status, code))

    @app.exception_handler(AmbiguousOrder)
    async def ambiguous(request: Request, error: AmbiguousOrder) -> JSONResponse:
        candidates = list(error.candidates)
        return problem_response(409, "ambiguous", str(error), request_id_of(request), candidates=candidates)

    @app.exception_handler(ApiProblem)
    async def refused(request: Request, error: ApiProblem) -> JSONResponse:
        return problem_response(error.status, error.code, error.message, request_id_of(request), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return problem_response(400, "bad_json", "the body is not JSON", request_id_of(request))
        place = ".".join(str(part)[:40] for part in first["loc"][:6])
        more = f" (and {len(error.errors()) - 1} more)" if len(error.errors()) > 1 else ""
        return problem_response(422, "invalid", f"{place}: {first['msg']}{more}"[:300], request_id_of(request))

    @app.exception_handler(HTTPException)
    async def failed(request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
        return problem_response(error.status_code, code, str(error.detail), request_id_of(request), error.headers)


def _answer_with(status: int, code: str) -> Any:
    async def answer(request: Request, error: Exception) -> JSONResponse:
        if status >= 500:
            _log.warning("%s request=%s: %s", code, request_id_of(request), error)
        return problem_response(status, code, str(error), request_id_of(request))

    return answer


def request_id_of(request: Request) -> str:
    """Return the id the guard gave to a request."""
    return str(getattr(request.state, "request_id", ""))
