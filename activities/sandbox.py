"""Activities of the sandbox layer. It holds nothing and reaches nothing but Temporal."""

from activities.preflight import answer_preflight
from activities.serving import serves
from daybook.contracts.calls import SANDBOX_PREFLIGHT, Layer
from daybook.contracts.day import PreflightReport, PreflightRequest


class SandboxActivities:
    """The sandbox layer's room."""

    @serves(SANDBOX_PREFLIGHT)
    def preflight(self, request: PreflightRequest) -> PreflightReport:
        """Say that the layer is up; that it holds no secret was checked when its worker started."""
        return answer_preflight(Layer.SANDBOX, None, request, ("holds no secret of any layer",))
