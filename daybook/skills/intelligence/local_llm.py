"""Ask the model of the Ollama server at hand; it costs no money."""

from daybook.contracts.layers import Layer
from daybook.skills.context import ToolContext
from daybook.skills.intelligence.model_desk import TIMEOUT_S, AnswerTokens, ModelAnswer, ModelDesk, Question, ask
from daybook.skills.skill import Cost, Skill

_HOW = "set DAYBOOK_LLM__OLLAMA_URL and DAYBOOK_LLM__OLLAMA_MODEL"

local_llm = Skill(
    "intelligence.local_llm",
    "One question to the local model",
    layer=Layer.PIPELINE,
    cost=Cost.LOW,
    keywords=("로컬", "local", "ollama"),
)


@local_llm.tool(untrusted=True, timeout_s=TIMEOUT_S)
async def ask_local_llm(
    question: Question, max_output_tokens: AnswerTokens = 800, *, models: ModelDesk, context: ToolContext
) -> ModelAnswer:
    """Ask the local model one question; returns its opinion and the cost."""
    return await ask("ollama", _HOW, question, max_output_tokens, models, context)
