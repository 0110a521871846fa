"""A pipeline worker with one tool that counts: run as ``python -m tests.chaos.counting_tools``.

It hands out the script it was given in a file, and its tool ``count_up`` writes a line to a file when it begins and
another one when it has its effect, a while later. Who kills it in between kills it before the effect.
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import Worker

from activities.serving import serves
from daybook.contracts.calls import EXPLAIN_RUN, WRITE_SCRIPT, Layer
from daybook.contracts.code import CodeRunResult, ExplainRun, ScriptOrigin, ScriptTool, WriteScript, WrittenScript
from daybook.contracts.tools import ToolReply, ToolRequest, ToolRow, ToolStatus, tool_call
from daybook.settings import load_settings
from workers.hosting import connect, worker_options

FOLDER_VARIABLE = "DAYBOOK_TEST_COUNTING_FOLDER"
PAUSE_VARIABLE = "DAYBOOK_TEST_COUNTING_PAUSE_S"
ROW = ToolRow(name="count_up", skill="test.counting", layer=Layer.PIPELINE, timeout_s=30)
TOOL = ScriptTool(
    name="count_up", parameters=("number",), required=("number",), signature="count_up(number: int) -> int"
)


class CountingRoom:
    """Serves what a code run asks of the pipeline layer."""

    def __init__(self, folder: Path, pause_s: float) -> None:
        self._folder = folder
        self._pause_s = pause_s

    @serves(WRITE_SCRIPT)
    def write_script(self, request: WriteScript) -> WrittenScript:
        return WrittenScript(code=request.run.code, origin=ScriptOrigin.GIVEN, rows=(ROW,), tools=(TOOL,))

    @serves(EXPLAIN_RUN)
    def explain_run(self, request: ExplainRun) -> CodeRunResult:
        return CodeRunResult(
            run_id=request.run.run_id,
            outcome=request.outcome,
            reason=request.reason,
            message=request.message,
            result=request.result,
            stdout=request.stdout,
            calls=request.calls,
            turns=request.turns,
            tier=request.tier,
            ended_at=request.ended_at,
        )

    @activity.defn(name=tool_call(ROW).name)
    async def count_up(self, request: ToolRequest) -> ToolReply:
        number = request.arguments["number"]
        self._write("begun", request, number)
        await asyncio.sleep(self._pause_s)
        self._write("done", request, number)
        return ToolReply(
            tool="count_up", status=ToolStatus.OK, value={"number": number, "square": int(str(number)) ** 2}
        )

    def _write(self, what: str, request: ToolRequest, number: Any) -> None:
        with (self._folder / what).open("a") as file:
            file.write(f"{request.run_id} {number}\n")


async def main() -> None:
    """Serve until killed."""
    settings = load_settings(_env_file=None)
    client = await connect(settings)
    room = CountingRoom(Path(os.environ[FOLDER_VARIABLE]), float(os.environ[PAUSE_VARIABLE]))
    with ThreadPoolExecutor(2) as pool:
        worker = Worker(
            client,
            **worker_options(Layer.PIPELINE),
            activities=[room.write_script, room.explain_run, room.count_up],
            activity_executor=pool,
        )
        await worker.run()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
