"""Activities of the pipeline layer for code runs: get a script, explain a run."""

from activities.serving import serves
from daybook.code.explainer import RunExplainer
from daybook.code.writer import ScriptWriter
from daybook.contracts.calls import EXPLAIN_RUN, WRITE_SCRIPT
from daybook.contracts.code import CodeRunResult, ExplainRun, WriteScript, WrittenScript


class CodeActivities:
    """The part of the pipeline layer's room that writes and explains scripts; it runs none."""

    def __init__(self, writer: ScriptWriter, explainer: RunExplainer) -> None:
        self._writer = writer
        self._explainer = explainer

    @serves(WRITE_SCRIPT)
    async def write_script(self, request: WriteScript) -> WrittenScript:
        """Get a script for a task, or a repair of the last one, with the verdict of the gate."""
        return await self._writer.write(request)

    @serves(EXPLAIN_RUN)
    async def explain_run(self, request: ExplainRun) -> CodeRunResult:
        """Explain a finished run and keep it; repeating it returns what was kept."""
        return await self._explainer.explain(request)
