"""Whether a script that failed is written again: only a model's own, a few times, and never twice for one problem."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.code import MOST_REPAIRS, CodeLimits, CodeProblem, CodeReason, ScriptOrigin

from workflows.code_state import Ending, RunState


def judge(ending: Ending, state: RunState, limits: CodeLimits) -> tuple[Ending | None, CodeProblem | None]:
    """Return the run's end, or the problem that a repair is asked for; a problem is kept in the state either way."""
    reason = ending.reason
    if reason is None:
        return ending, None
    problem = CodeProblem(reason=reason, message=ending.message[:2_000], line=ending.line)
    is_again = any((reason, problem.message) == (seen.reason, seen.message) for seen in state.problems)
    state.problems.append(problem)
    if not ending.is_repairable or state.script.origin is not ScriptOrigin.MODEL:
        return ending, None
    if is_again:
        text = f"a repaired script has the same problem: {reason.value} {problem.message}"
        return replace(ending, reason=CodeReason.SAME_ERROR_TWICE, message=text), None
    if state.attempt > MOST_REPAIRS:
        return ending, None
    stood = f"not repaired any more; the script's problem was: {reason.value} {problem.message}"
    if state.tokens >= limits.tokens:
        text = f"{state.tokens:,} of {limits.tokens:,} tokens are spent: {stood}"
        return replace(ending, reason=CodeReason.TOKENS_SPENT, message=text), None
    if state.cost_micro_krw >= limits.budget_krw * 1_000_000:
        text = f"{limits.budget_krw:,} won are spent: {stood}"
        return replace(ending, reason=CodeReason.BUDGET_SPENT, message=text), None
    state.attempt += 1
    return None, problem
