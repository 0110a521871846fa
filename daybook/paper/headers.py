"""The case of response header names on the wire.

The official KIS sample builds a namedtuple from every response header whose name is entirely lower case, so a
lower-case ``content-type`` (hyphen) makes each of its calls fail. KIS sends standard headers in Title-Case and its
own (``tr_id``, ``tr_cont``, ``gt_uid``) in lower case; ASGI servers lower-case everything unless told otherwise.
Works with uvicorn's h11 implementation, which sends names as the application gives them.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class KisHeaderCase:
    """ASGI middleware: standard header names in Title-Case, names with an underscore untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with its response headers re-cased."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_recased(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [(wire_name(name), value) for name, value in message["headers"]]
            await send(message)

        await self._app(scope, receive, send_recased)


def wire_name(name: bytes) -> bytes:
    """Return a header name as KIS spells it."""
    return name if b"_" in name else b"-".join(part.capitalize() for part in name.split(b"-"))
