"""Words of tasks and fixed sentences about runs, Korean and English."""

import re
from collections.abc import Mapping
from typing import Final

from daybook.contracts.code import CodeOutcome, CodeReason, ScriptOrigin

_REASONS: Final[Mapping[CodeReason, tuple[str, str]]] = {
    CodeReason.SYNTAX_ERROR: ("스크립트 문법이 잘못되었습니다", "the script has a syntax error"),
    CodeReason.CODE_TOO_LARGE: ("스크립트가 너무 깁니다", "the script is too long"),
    CodeReason.FORBIDDEN: ("스크립트에 허용되지 않는 것이 있습니다", "the script holds what is not allowed"),
    CodeReason.UNKNOWN_TOOL: ("스크립트가 모르는 도구나 이름을 씁니다", "the script uses an unknown tool or name"),
    CodeReason.BAD_ARGUMENTS: ("인수가 맞지 않습니다", "arguments do not fit"),
    CodeReason.SCRIPT_ERROR: ("스크립트가 오류로 끝났습니다", "the script ended with an error"),
    CodeReason.TIMEOUT: ("스크립트가 시간 제한을 넘었습니다", "the script ran out of time"),
    CodeReason.CPU_LIMIT: ("스크립트가 CPU 제한을 넘었습니다", "the script used up its CPU time"),
    CodeReason.MEMORY_LIMIT: ("스크립트가 메모리 제한을 넘었습니다", "the script used up its memory"),
    CodeReason.OUTPUT_LIMIT: ("스크립트가 출력을 너무 많이 했습니다", "the script printed too much"),
    CodeReason.RESULT_TOO_LARGE: ("결과가 너무 큽니다", "the result is too large"),
    CodeReason.BAD_RESULT: ("결과를 JSON으로 쓸 수 없습니다", "the result has no JSON form"),
    CodeReason.NOT_DETERMINISTIC: ("스크립트가 같은 입력에 다르게 움직입니다", "the script is not deterministic"),
    CodeReason.PROTOCOL: ("샌드박스의 답을 믿을 수 없습니다", "the sandbox's answer cannot be trusted"),
    CodeReason.DIED: ("샌드박스의 프로세스가 죽었습니다", "the sandbox's process died"),
    CodeReason.NO_SANDBOX: ("샌드박스가 없어 코드를 실행하지 않습니다", "there is no sandbox, so no code is run"),
    CodeReason.TOO_MANY_CALLS: ("도구 호출이 너무 많습니다", "the script makes too many calls"),
    CodeReason.TOO_MANY_TURNS: ("실행 단계가 너무 많습니다", "the run takes too many turns"),
    CodeReason.JOURNAL_TOO_LARGE: ("도구 결과가 모두 합해 너무 큽니다", "the tools' results are too large together"),
    CodeReason.TOKENS_SPENT: ("토큰 한도를 다 썼습니다", "the run's tokens are spent"),
    CodeReason.BUDGET_SPENT: ("모델 예산을 다 썼습니다", "the budget for models is spent"),
    CodeReason.TIME_SPENT: ("실행 시간을 다 썼습니다", "the run's time is spent"),
    CodeReason.NO_MODEL: ("스크립트를 쓸 모델이 없습니다", "no model can write a script"),
    CodeReason.NO_CODE: ("실행할 스크립트가 없습니다", "there is no script to run"),
    CodeReason.SAME_ERROR_TWICE: ("고쳐도 같은 오류가 납니다", "the same error came again after a repair"),
    CodeReason.CANCELLED: ("실행이 취소되었습니다", "the run was cancelled"),
}
_ORIGINS: Final[Mapping[ScriptOrigin, tuple[str, str]]] = {
    ScriptOrigin.GIVEN: ("주어진 스크립트", "given script"),
    ScriptOrigin.MODEL: ("모델이 쓴 스크립트", "script written by a model"),
    ScriptOrigin.STORE: ("저장된 스크립트 재사용: 생성 토큰 0", "stored script used again: no token for writing"),
    ScriptOrigin.LIBRARY: ("내장 스크립트: 모델 없이 규칙으로 고름", "shipped script, chosen by rules without a model"),
}


def pick(language: str, korean: str, english: str) -> str:
    """Return the text in the language of the run."""
    return korean if language == "ko" else english


def reason_text(reason: CodeReason | None, language: str) -> str:
    """Return why a run has no result, in a few words."""
    return pick(language, *_REASONS[reason]) if reason else pick(language, "이유가 없습니다", "no reason is given")


def origin_label(origin: ScriptOrigin, language: str) -> str:
    """Return where a script comes from, in brackets."""
    return f"[{pick(language, *_ORIGINS[origin])}]"


def outcome_text(outcome: CodeOutcome, language: str) -> str:
    """Return how a run ended, in a few words."""
    words = {
        CodeOutcome.DONE: ("실행을 마쳤습니다", "The run is done"),
        CodeOutcome.FAILED: ("결과를 얻지 못했습니다", "The run gave no result"),
        CodeOutcome.REFUSED: ("실행하지 않았습니다", "The script was not run"),
    }
    return pick(language, *words[outcome])


def stands_in(word: str, text: str) -> bool:
    """Whether a word is in a text of lower case: a Korean one anywhere, an English one alone or with a plural s."""
    if not word.isascii():
        return word in text
    return re.search(rf"(?<![a-z0-9]){re.escape(word.lower())}s?(?![a-z0-9])", text) is not None
