"""The script in a model's answer: one fenced block, several, bare code, or code between sentences."""

import ast
import json
import re
from dataclasses import dataclass

from daybook.code import vocabulary as words
from daybook.code.parsing import parse_script
from daybook.code.scopes import Names
from daybook.contracts.code import CodeProblem
from daybook.skills.toolset import ToolSet

LONGEST_ANSWER = 200_000
"""Characters of an answer that are looked at."""
_FENCE = re.compile(r"^[ \t]{0,8}(?:>[ \t]?)?(`{3,}|~{3,})[ \t]*([A-Za-z0-9_+.-]*)[^`]*$")
_PYTHON = frozenset({"python", "python3", "py", "py3", "ipython", "tool_code", "code"})
_CODE_LINE = re.compile(r"import |from \w+ import|async def |def |class |@|await |[A-Za-z_]\w* *(?:: *[\w\[\], ]+)?=")
_MOST_TRIES = 60


@dataclass(frozen=True)
class _Block:
    language: str
    text: str


def script_of(answer: str) -> str:
    """Return the script an answer holds, or an empty text; linear in the answer but for a few tries of parsing."""
    text = answer[:LONGEST_ANSWER].replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").strip("\n")
    text = _of_json(text) or text
    blocks = [block for block in _blocks(text) if block.text.strip()]
    marked = [block for block in blocks if block.language in _PYTHON]
    chosen = marked or [block for block in blocks if not block.language]
    if chosen:
        return _joined([block.text for block in chosen])
    if blocks:
        return ""
    return _bare(text)


def with_usual_imports(code: str, tools: ToolSet) -> str:
    """Return a script with the imports it forgot (pandas as pd, asyncio, ...) in front; others are left as they are.

    The line goes below ``from __future__`` imports, which must come first.
    """
    tree = parse_script(code)
    if isinstance(tree, CodeProblem):
        return code
    names = Names(tree)
    wanted = {
        words.USUAL_IMPORTS[node.id]: None
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
        and node.id in words.USUAL_IMPORTS
        and node.id not in tools
        and names.binding(node) is None
    }
    if not wanted:
        return code
    last = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            last = statement.end_lineno or statement.lineno
    lines = code.split("\n")
    return "\n".join([*lines[:last], *sorted(wanted), *lines[last:]])


def _of_json(text: str) -> str:
    """Return the code of an answer such as ``{"code": "..."}``."""
    if not text.lstrip().startswith("{"):
        return ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    found = value.get("code", value.get("script")) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    fence, language, lines = "", "", list[str]()
    for line in text.split("\n"):
        found = _FENCE.match(line) if len(line) < 200 else None
        if fence:
            if found and found[1].startswith(fence) and not found[2]:
                blocks.append(_Block(language, _whole(lines, fence)))
                fence, lines = "", []
            else:
                lines.append(line)
        elif found:
            fence, language = found[1], found[2].lower()
    if fence:  # the answer was cut off inside a block, or its end is missing
        blocks.append(_Block(language, _whole(lines, fence)))
    return blocks


def _whole(lines: list[str], fence: str) -> str:
    """Return the lines of a block; one whose end hangs on its last line of code is cut there."""
    text = _dedented(lines)
    if not isinstance(parse_script(text), CodeProblem):
        return text
    for place, line in enumerate(lines):
        if line.rstrip().endswith(fence):
            cut = _dedented([*lines[:place], line.rstrip().rstrip("`~")])
            return text if isinstance(parse_script(cut), CodeProblem) else cut
    return text


def _dedented(lines: list[str]) -> str:
    filled = [line for line in lines if line.strip()]
    margin = min((len(line) - len(line.lstrip(" ")) for line in filled), default=0)
    return "\n".join(line[margin:] if line.strip() else "" for line in lines).strip("\n") + "\n"


def _joined(blocks: list[str]) -> str:
    """Return one script of several blocks: the last that sets a result, with the others when it needs them."""
    if len(blocks) == 1:
        return blocks[0]
    complete = [block for block in blocks if _sets_result(block)]
    if not complete:
        return "\n".join(blocks)
    last = complete[-1]
    others = [block for block in blocks if block is not last]
    needed = _unbound(last) & frozenset().union(*(_bound(block) for block in others))
    return "\n".join([*others, last]) if needed else last


def _names(block: str) -> tuple[ast.Module, Names] | None:
    tree = parse_script(block)
    return None if isinstance(tree, CodeProblem) else (tree, Names(tree))


def _sets_result(block: str) -> bool:
    read = _names(block)
    return read is not None and "result" in read[1].module.bound


def _bound(block: str) -> frozenset[str]:
    read = _names(block)
    return frozenset(read[1].module.bound) if read else frozenset()


def _unbound(block: str) -> frozenset[str]:
    read = _names(block)
    if read is None:
        return frozenset()
    return frozenset(node.id for node in ast.walk(read[0]) if isinstance(node, ast.Name) and not read[1].binding(node))


def _bare(text: str) -> str:
    """Return code that stands without a fence: all of the text, or the longest part of it that is Python."""
    if _is_code(text):
        return text + "\n"
    lines = text.split("\n")
    starts = [place for place, line in enumerate(lines) if _begins_code(line)][:12]
    tries = 0
    for start in starts:
        for end in range(len(lines), start, -1):
            if end < len(lines) and lines[end].startswith((" ", "\t", ")", "]", "}")):
                continue
            tries += 1
            if tries > _MOST_TRIES:
                return ""
            part = "\n".join(lines[start:end])
            if _is_code(part):
                return part.strip("\n") + "\n"
    return ""


def _begins_code(line: str) -> bool:
    return bool(
        re.match(
            r"(?:import |from \w+ import|async def |def |class |@|await |[A-Za-z_]\w* *(?:: *[\w\[\], ]+)?=)", line
        )
    )


def _is_code(text: str) -> bool:
    """Whether a text is a script that does anything: prose of one word parses too."""
    read = _names(text)
    doing = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Await, ast.Call, ast.Import, ast.ImportFrom)
    return read is not None and any(isinstance(node, doing) for node in ast.walk(read[0]))
