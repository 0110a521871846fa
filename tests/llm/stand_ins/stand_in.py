"""A provider on a loopback port.

with StandIn.start("openai", script=lambda asked: "네") as provider:
    ... base_url=provider.base_url, api_key=provider.api_key ...
    assert provider.usage_total.input_tokens == ...
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Self

from daybook.contracts.llm import Usage
from tests.llm.stand_ins.anthropic_wire import AnthropicWire
from tests.llm.stand_ins.faults import Fault
from tests.llm.stand_ins.gemini_wire import GeminiWire
from tests.llm.stand_ins.http_server import Hang, HttpServer, Reset
from tests.llm.stand_ins.ollama_wire import OllamaWire
from tests.llm.stand_ins.openai_wire import OpenAiWire
from tests.llm.stand_ins.script import Asked, Reply, Say, in_turn
from tests.llm.stand_ins.wire import Desk, HttpRequest, Outcome, Wire, WireError

API_KEY = "test-key-7f3a9c51d2"
WIRES: dict[str, Callable[[], Wire]] = {
    "openai": OpenAiWire,
    "anthropic": AnthropicWire,
    "gemini": GeminiWire,
    "ollama": OllamaWire,
}
PATHS = {"openai": "/v1", "anthropic": "", "gemini": "", "ollama": ""}
MODELS = {
    "openai": ("gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-6-sol", "gpt-6-astra", "gpt-5.4-mini", "gpt-4o"),
    "anthropic": ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-sonnet-5", "claude-haiku-4-5"),
    "gemini": ("gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview", "gemini-4-argon"),
    "ollama": ("tiny-ko:1b", "julia-1"),
}


class StandIn:
    """A running stand-in.

    Attributes:
        requests: the bodies that came in, in order, also of refused and faulty ones.
        asked: the requests that reached the model, in plain words.
        usages: what the delivered answers reported, in our words; ``raw_usages`` in the provider's.
        problems: errors of the script itself; a test that cares asserts that it is empty.
    """

    def __init__(self, wire: Wire, desk: Desk, script: Say, faults: Iterable[Fault | None], path: str) -> None:
        self._wire = wire
        self._desk = desk
        self._script = script
        self._faults = list(faults)
        self._always: Fault | None = None
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.asked: list[Asked] = []
        self.usages: list[Usage] = []
        self.raw_usages: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self._server = HttpServer(self._handle)
        self.base_url = f"http://127.0.0.1:{self._server.port}{path}"

    @classmethod
    def start(
        cls,
        provider: str,
        *,
        script: Say | Iterable[Reply | str] = ("네.",),
        faults: Iterable[Fault | None] = (),
        models: Iterable[str] = (),
        minimum_cacheable: int | None = None,
        decide: Callable[[str, dict[str, Any]], dict[str, float]] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Serve a provider (openai, anthropic, gemini, ollama) on a free port.

        ``script`` is a function, or replies to give in turn. ``faults`` happen one per request from the first on, None
        is a request without one. ``decide(text, question)`` gives the probabilities of a choice question.
        """
        desk = Desk(
            api_key=API_KEY,
            serves=frozenset((*MODELS[provider], *models)),
            minimum_cacheable=minimum_cacheable,
            now=now,
            decide=decide,
        )
        say = script if callable(script) else in_turn(script)
        return cls(WIRES[provider](), desk, say, faults, PATHS[provider])

    @property
    def api_key(self) -> str:
        """The only key that is accepted."""
        return self._desk.api_key

    @property
    def usage_total(self) -> Usage:
        """The sum of what the delivered answers reported."""
        names = Usage.model_fields
        return Usage(**{name: sum(getattr(usage, name) for usage in self.usages) for name in names})

    def fail_next(self, *faults: Fault) -> None:
        """Let the next requests go wrong."""
        with self._lock:
            self._faults[:0] = faults

    def fail_always(self, fault: Fault | None) -> None:
        """Let every request go wrong from now on; None: no more."""
        with self._lock:
            self._always = fault

    def stop(self) -> None:
        """End the server."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _handle(self, request: HttpRequest) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            fault = self._faults.pop(0) if self._faults else None
            fault = fault or self._always
            self.requests.append(request.body)
            self.headers.append(request.headers)
            if fault and fault.kind == "hang":
                raise Hang
            if fault and fault.kind == "reset":
                raise Reset
            try:
                return self._respond(request, fault)
            except WireError as error:
                headers = {"content-type": "application/json"}
                if fault and fault.retry_after:
                    headers["retry-after"] = fault.retry_after
                return error.status, headers, _encode(self._wire.error(error))

    def _respond(self, request: HttpRequest, fault: Fault | None) -> tuple[int, dict[str, str], bytes]:
        if fault and fault.kind == "status":
            raise self._wire.status_error(fault.status, fault.code)
        headers = {"content-type": "application/json"}
        if fault and fault.kind == "odd_body":
            return 200, headers, fault.body.encode()
        asked = self._wire.check(request, self._desk)
        outcome = asked if isinstance(asked, Outcome) else self._said(asked, fault)
        body = _encode(outcome.body)
        if fault and fault.kind == "broken_json":
            return 200, headers, body[: len(body) // 2]
        self.usages.append(outcome.usage)
        self.raw_usages.append(outcome.raw_usage)
        return 200, headers, body

    def _said(self, asked: Asked, fault: Fault | None) -> Outcome:
        self.asked.append(asked)
        try:
            said = self._script(asked)
        except Exception as error:
            self.problems.append(f"{type(error).__name__}: {error}")
            raise WireError(500, "script", f"the script failed: {error}") from error
        reply = _spoiled(Reply(text=said) if isinstance(said, str) else said, fault)
        uncallable = [call.name for call in reply.tool_calls if call.name not in asked.tools]
        if uncallable:
            self.problems.append(f"the script calls {uncallable}, which the request does not define")
        return self._wire.answer(asked, reply, self._desk)


def _spoiled(reply: Reply, fault: Fault | None) -> Reply:
    kind = fault.kind if fault else ""
    if kind == "wrong_schema":
        return Reply(json={"unexpected": True})
    if kind == "broken_answer":
        return Reply(text='{"half": ')
    if kind == "refusal":
        return Reply(refusal=True)
    if kind == "empty":
        return Reply()
    if kind == "truncated":
        text = reply.text if reply.json is None else json.dumps(reply.json, ensure_ascii=False)
        return Reply(text=text[: len(text) // 2], truncated=True)
    return reply


def _encode(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
