"""What goes wrong with uncertain numbers.

ScenarioError (daybook.scenario.errors)
└── UncertaintyError: a distribution or a rate with parameters that name none
"""

from daybook.scenario.errors import ScenarioError


class UncertaintyError(ScenarioError):
    """The parameters name no distribution; the message says which and why."""
