"""The hostile scripts: named cases in payloads/<class>.py.txt.

A case begins with ``#: name | what counts as an escape | wall seconds | expect reasons``. Scripts that use the
helpers of payloads/prelude.py.txt get them in front and report what they achieved in ``result["got"]`` and what they
read in ``result["seen"]``; the others stand alone.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "payloads"
OBSERVABLES = {
    "leak", "write", "hit", "survivor", "procs", "parent", "signal", "time", "mem", "output", "proto", "died", "got",
}  # fmt: skip
DEFAULT_WALL_S = 1.0
_USES_PRELUDE = re.compile(r"\b(attempt|see|call|raw)\(|\bgot\b|\blibc\.")
_REPORT = '\nresult = {"got": got, "seen": seen}\n'


@dataclass(frozen=True)
class Case:
    """One hostile script. ``expect`` are the statuses and reasons it may end with; empty is any coded one."""

    name: str
    kind: str
    escapes: tuple[str, ...]
    code: str
    wall_s: float = DEFAULT_WALL_S
    expect: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@lru_cache(maxsize=1)
def all_cases() -> tuple[Case, ...]:
    """Every case of every class."""
    prelude = (FOLDER / "prelude.py.txt").read_text()
    cases = []
    for path in sorted(FOLDER.glob("*.py.txt")):
        kind = path.name.partition(".")[0]
        if kind != "prelude":
            parts = re.split(r"^#: ", path.read_text(), flags=re.MULTILINE)[1:]
            cases += [_case(kind, part, prelude) for part in parts]
    if len({str(case) for case in cases}) != len(cases):
        raise ValueError("two cases have the same name")
    return tuple(cases)


def _case(kind: str, part: str, prelude: str) -> Case:
    head, _, body = part.partition("\n")
    name, *fields = (field.strip() for field in head.split("|"))
    escapes: tuple[str, ...] = ()
    wall_s, expect = DEFAULT_WALL_S, frozenset[str]()
    for field in fields:
        words = field.replace(",", " ").split()
        if words[0] == "wall":
            wall_s = float(words[1])
        elif words[0] == "expect":
            expect = frozenset(words[1:])
        elif set(words) <= OBSERVABLES:
            escapes = tuple(words)
        else:
            raise ValueError(f"{kind}/{name}: {field!r} is no field of a case")
    own = "\n".join(line for line in body.splitlines() if not line.startswith("#"))
    if _USES_PRELUDE.search(own):
        return Case(name, kind, escapes, f"{prelude}\n{body}{'' if ends_itself(body) else _REPORT}", wall_s, expect)
    return Case(name, kind, escapes, body, wall_s, expect)


def ends_itself(body: str) -> bool:
    """Whether the script sets its own result."""
    return re.search(r"^result = ", body, flags=re.MULTILINE) is not None
