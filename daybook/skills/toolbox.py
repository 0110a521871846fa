"""The tools one layer's worker serves, with what they need."""

from collections.abc import Callable
from datetime import datetime

from daybook.contracts.layers import Layer
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus
from daybook.skills.errors import UnknownTool
from daybook.skills.registry import Registry
from daybook.skills.running import Providers, run_tool
from daybook.skills.toolset import ToolSet


class ToolBox:
    """The tools of one layer; a tool of another layer is as unknown here as one that does not exist.

    Args:
        layer: whose tools it holds.
        registry: all skills.
        providers: what may be injected into tools, by type.
        clock: the time, with an offset; None for the clock of the machine.
    """

    def __init__(
        self, layer: Layer, registry: Registry, providers: Providers, *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.layer = layer
        self.tools: ToolSet = registry.tools.by_layer(layer)
        self._providers = providers
        self._clock = clock

    async def run(self, request: ToolRequest) -> ToolReply:
        """Run one tool; see ``run_tool``. An unknown name is answered, not raised."""
        try:
            spec = self.tools.get(request.tool)
        except UnknownTool as error:
            message = f"the {self.layer.value} layer: {error}"
            return ToolReply(tool=request.tool, status=ToolStatus.UNKNOWN_TOOL, message=message)
        if self._clock is None:
            return await run_tool(spec, request, self._providers)
        return await run_tool(spec, request, self._providers, clock=self._clock)
