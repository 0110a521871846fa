"""Pre-trade rules, circuit breakers and the threat level's effect on the risk budget; pure.

Facts come in as messages of :mod:`daybook.contracts.risk`, configuration as :mod:`daybook.contracts.limits`.
"""
