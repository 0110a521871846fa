"""One POST of JSON with a hard limit on time and size, for the second stage."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx

from daybook.routing.errors import SecondStageFailed
from daybook.routing.second_stage import LARGEST_ANSWER_BYTES


async def post_json(
    client: httpx.AsyncClient, path: str, body: Mapping[str, Any], *, who: str, patience_s: float
) -> dict[str, Any]:
    """Post ``body`` and return the answered object.

    No retry and no redirect: the offline answer is at hand, so a late second opinion is worth nothing.

    Raises:
        SecondStageFailed: unreachable, late, another status than 200, too large, or not a JSON object.
    """
    try:
        async with asyncio.timeout(patience_s), client.stream("POST", path, json=body) as response:
            content = bytearray()
            async for part in response.aiter_bytes():
                content += part
                if len(content) > LARGEST_ANSWER_BYTES:
                    problem = f"{who} answered with more than {LARGEST_ANSWER_BYTES} bytes"
                    raise SecondStageFailed(problem, may_have_worked=True)
            status = response.status_code
    except TimeoutError as error:
        raise SecondStageFailed(f"{who} did not answer within {patience_s:g} s", may_have_worked=True) from error
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise SecondStageFailed(f"{who} cannot be reached ({type(error).__name__})") from error
    except httpx.TimeoutException as error:
        raise SecondStageFailed(f"{who} did not answer within {patience_s:g} s", may_have_worked=True) from error
    except httpx.HTTPError as error:
        raise SecondStageFailed(f"{who} broke off ({type(error).__name__})", may_have_worked=True) from error
    if status != httpx.codes.OK:
        raise SecondStageFailed(f"{who} answered with status {status}")
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SecondStageFailed(f"{who} answered with something that is not JSON", may_have_worked=True) from error
    if not isinstance(answer, dict):
        raise SecondStageFailed(f"{who} answered with something that is not an object", may_have_worked=True)
    return answer
