"""Ask the default model of Anthropic in the catalogue."""

from daybook.contracts.layers import Layer
from daybook.skills.context import ToolContext
from daybook.skills.intelligence.model_desk import TIMEOUT_S, AnswerTokens, ModelAnswer, ModelDesk, Question, ask
from daybook.skills.skill import Cost, Skill

_HOW = "set DAYBOOK_LLM__ANTHROPIC_API_KEY"

claude = Skill(
    "intelligence.claude",
    "One question to Anthropic's default model",
    layer=Layer.PIPELINE,
    cost=Cost.HIGH,
    keywords=("클로드", "claude", "anthropic"),
)


@claude.tool(untrusted=True, timeout_s=TIMEOUT_S)
async def ask_claude(
    question: Question, max_output_tokens: AnswerTokens = 800, *, models: ModelDesk, context: ToolContext
) -> ModelAnswer:
    """Ask Anthropic's default model one question; returns its opinion and the cost."""
    return await ask("anthropic", _HOW, question, max_output_tokens, models, context)
