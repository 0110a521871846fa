"""Ask the default model of OpenAI in the catalogue. The skill keeps its first model's name; the model is today's."""

from daybook.contracts.layers import Layer
from daybook.skills.context import ToolContext
from daybook.skills.intelligence.model_desk import TIMEOUT_S, AnswerTokens, ModelAnswer, ModelDesk, Question, ask
from daybook.skills.skill import Cost, Skill

_HOW = "set DAYBOOK_LLM__OPENAI_API_KEY"

gpt4o = Skill(
    "intelligence.gpt4o",
    "One question to OpenAI's default model",
    layer=Layer.PIPELINE,
    cost=Cost.HIGH,
    keywords=("지피티", "챗지피티", "gpt", "gpt4o", "openai"),
)


@gpt4o.tool(untrusted=True, timeout_s=TIMEOUT_S)
async def ask_gpt(
    question: Question, max_output_tokens: AnswerTokens = 800, *, models: ModelDesk, context: ToolContext
) -> ModelAnswer:
    """Ask OpenAI's default model one question; returns its opinion and the cost."""
    return await ask("openai", _HOW, question, max_output_tokens, models, context)
