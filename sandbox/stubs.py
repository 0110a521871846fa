"""Stand-in tools from a JSON file, for trying a script without the desk behind it.

The file is one object, tool name to what it answers:
``value``, or ``{"value": ..., "parameters": [...], "required": [...]}``, or ``{"error": {"code", "message"}}``, or
``{"by_arguments": [{"arguments": {...}, "value": ... or "error": ...}, ...]}`` (the first whose arguments are all
among the call's answers).
"""

from dataclasses import dataclass
from typing import Any, Final

from sandbox.errors import InvalidRequest
from sandbox.model import JournalEntry, PendingCall, ToolSignature

_FIELDS: Final = frozenset({"value", "error", "by_arguments", "parameters", "required", "signature"})


@dataclass(frozen=True)
class StubTools:
    """The tools of one file."""

    answers: dict[str, dict[str, Any]]

    @classmethod
    def from_json(cls, described: Any) -> "StubTools":
        """Read the file's object.

        Raises:
            InvalidRequest: It is not an object of tools.
        """
        if not isinstance(described, dict):
            raise InvalidRequest("the tools file must hold one object, tool name to answer")
        answers = {}
        for name, answer in described.items():
            described_fully = (
                isinstance(answer, dict)
                and set(answer) <= _FIELDS
                and bool({"value", "error", "by_arguments"} & set(answer))
            )
            answers[name] = answer if described_fully else {"value": answer}
        return cls(answers)

    @property
    def signatures(self) -> tuple[ToolSignature, ...]:
        """The tools as a request names them; open where the file says no parameters."""
        return tuple(
            ToolSignature(
                name,
                tuple(answer.get("parameters", ())),
                tuple(answer.get("required", ())),
                answer.get("signature", ""),
                open="parameters" not in answer,
            )
            for name, answer in self.answers.items()
        )

    def answer(self, call: PendingCall) -> JournalEntry:
        """The journal entry of a call."""
        answer = self.answers[call.name]
        if "by_arguments" in answer:
            fitting = (
                case for case in answer["by_arguments"] if case.get("arguments", {}).items() <= call.arguments.items()
            )
            answer = next(fitting, {"error": {"code": "no_data", "message": "no stand-in answer for these arguments"}})
        if "error" in answer:
            error = answer["error"]
            code, message = str(error.get("code", "failed")), str(error.get("message", ""))
            return JournalEntry(call.number, call.name, call.digest, False, None, code, message)
        return JournalEntry(call.number, call.name, call.digest, True, answer.get("value"))
