"""Ask the default model of Google in the catalogue."""

from daybook.contracts.layers import Layer
from daybook.skills.context import ToolContext
from daybook.skills.intelligence.model_desk import TIMEOUT_S, AnswerTokens, ModelAnswer, ModelDesk, Question, ask
from daybook.skills.skill import Cost, Skill

_HOW = "set DAYBOOK_LLM__GEMINI_API_KEY"

gemini = Skill(
    "intelligence.gemini",
    "One question to Google's default model",
    layer=Layer.PIPELINE,
    cost=Cost.HIGH,
    keywords=("제미나이", "gemini", "google"),
)


@gemini.tool(untrusted=True, timeout_s=TIMEOUT_S)
async def ask_gemini(
    question: Question, max_output_tokens: AnswerTokens = 800, *, models: ModelDesk, context: ToolContext
) -> ModelAnswer:
    """Ask Google's default model one question; returns its opinion and the cost."""
    return await ask("gemini", _HOW, question, max_output_tokens, models, context)
