"""The documentation page: plain HTML made from the API's own description; it loads nothing and runs nothing."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> HTMLResponse:
    """Return the list of endpoints with what they do."""
    described: dict[str, Any] = request.app.openapi()
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(' '.join(str(operation.get('description', '')).split()))}</td></tr>"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    )
    title = escape(f"{described['info']['title']} {described['info']['version']}")
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f"<h1>{title}</h1><p>{escape(described['info'].get('description', ''))}</p>"
        f'<p>Machine-readable: <a href="/openapi.json">/openapi.json</a></p><table>{rows}</table></body></html>'
    )
