"""The pre-trade rules, one family a file; :mod:`daybook.risk.rules.registry` holds them in their order."""
