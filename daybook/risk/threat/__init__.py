"""The threat level 0-5 from market, cyber and operations, and what it does to the day; pure.

Messages are in :mod:`daybook.contracts.threats`, thresholds in :mod:`daybook.contracts.threat_settings`.
"""

from daybook.risk.threat.budget import BUDGET_MULTIPLIERS as BUDGET_MULTIPLIERS
from daybook.risk.threat.budget import risk_budget_multiplier as risk_budget_multiplier
from daybook.risk.threat.budget import state_at_threat as state_at_threat
