"""The response playbook: nine actions, each triggered, guarded, sized, approved, undone; pure.

:mod:`~daybook.risk.response.playbook` is the declared list, :mod:`~daybook.risk.response.planning` proposes,
:mod:`~daybook.risk.response.machine` moves an action through its states, :mod:`~daybook.risk.response.undo` ends it.
"""
