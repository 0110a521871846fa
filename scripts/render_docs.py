"""Render the generated tables of mdfiles from the code they describe.

A document is written by hand around blocks that begin with ``<!-- generated: NAME -->`` and end with
``<!-- end generated -->``; only what is between them is replaced. To add a table, write a function that returns
Markdown and name it in ``DOCUMENTS``.

    scripts/render_docs.py            render every document
    scripts/render_docs.py risk       render one
    scripts/render_docs.py --check    write nothing; exit 1 when a document is not current
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from daybook.contracts.base import Side
from daybook.contracts.calls import CALLS
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.reasons import BreakerCode, DenialCode
from daybook.contracts.threat_settings import ResponseSettings, ThreatSettings
from daybook.risk.breakers import BREAKERS
from daybook.risk.response.playbook import TABLE_HEADS, playbook_rows
from daybook.risk.rules.registry import APPROVAL_CODES, ORDER_PATH_CODES, POST_RULES, RULES
from daybook.risk.threat import risk_budget_multiplier, state_at_threat
from daybook.scenario.threats.catalogue import default_controls, default_threats
from daybook.skills.registry import registry

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w.-]+) -->\n)(?P<body>.*?)(<!-- end generated -->)", re.DOTALL)


@dataclass(frozen=True)
class Document:
    """A Markdown file and the functions that make its generated blocks, by block name."""

    path: str
    blocks: dict[str, Callable[[], str]]


class MissingBlock(Exception):
    """A document and the registry do not name the same blocks."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def denials() -> str:
    """Return one row for each rule of each denial code, in the order of the enum."""
    post = {rule.find for rule in POST_RULES}
    sides = {None: "both", Side.BUY: "buys", Side.SELL: "sells"}
    rows = []
    for code in DenialCode:
        for rule in RULES:
            if rule.code is code:
                rows.append([f"`{code}`", rule.summary, sides[rule.side], "yes" if rule.find in post else ""])
        if code in APPROVAL_CODES:
            rows.append([f"`{code}`", APPROVAL_CODES[code], "buys" if code is DenialCode.FAT_FINGER else "both", "yes"])
        if code in ORDER_PATH_CODES:
            rows.append([f"`{code}`", ORDER_PATH_CODES[code], "both", ""])
    return table(["Code", "Denies when", "For", "Repeated before each POST"], rows)


def breakers() -> str:
    """Return one row for each breaker, in the order of the enum."""
    by_code = {breaker.code: breaker for breaker in BREAKERS}
    return table(["Code", "Trips and does"], [[f"`{code}`", by_code[code].summary] for code in BreakerCode])


def threat_levels() -> str:
    """Return one row for each threat level."""
    rows = [[str(level), f"{risk_budget_multiplier(level):.0%}", state_at_threat(level).value] for level in range(6)]
    return table(["Threat level", "Risk budget of new buys", "Strictest state by itself"], rows)


def settings_of(model: type[BaseModel]) -> str:
    """Return one row for each field of a settings model: name, default, meaning."""
    rows = [[f"`{name}`", shown(field.default), field.description or ""] for name, field in model.model_fields.items()]
    return table(["Setting", "Default", "Meaning"], rows)


def shown(value: Any) -> str:
    """Return a default as a reader would write it."""
    if isinstance(value, tuple):
        return ", ".join(shown(item) for item in value) or "none"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return "none" if value is None else f"{value:g}"


def calls() -> str:
    """Return one row for each call of the table of calls."""
    rows = [
        [
            f"`{entry.name}`",
            entry.layer.value,
            entry.effect.value,
            f"{entry.timeout.total_seconds():g} s",
            str(entry.attempts or "until done"),
            f"`{entry.argument.__name__}` → `{entry.result.__name__}`",
        ]
        for entry in CALLS
    ]
    return table(["Call", "Layer", "Effect", "Limit of one attempt", "Attempts", "Messages"], rows)


def tools() -> str:
    """Return one row for each tool of the Skill Layer, by skill."""
    rows = []
    for skills in registry().by_group().values():
        for skill in skills:
            for spec in skill.tools:
                limit = f"{spec.timeout_s:g} s"
                outside = "yes" if spec.is_untrusted else ""
                layer, effect = spec.layer.value, spec.effect.value
                rows.append([skill.name, f"`{spec.name}`", spec.description, layer, effect, limit, outside])
    return table(["Skill", "Tool", "What it does", "Layer", "Effect", "Limit", "Text from outside"], rows)


def threats() -> str:
    """Return one row for each threat of the shipped catalogue."""
    rows = [
        [
            f"`{threat.id}`",
            threat.name_ko,
            threat.name_en,
            threat.category.value,
            f"{threat.annual_rate[2]:g}{' a name' if threat.per_name else ''}",
            threat.evidence.kind.value,
        ]
        for threat in default_threats()
    ]
    return table(["Threat", "위협", "Name", "Strikes", "A year", "Evidence"], rows)


def controls() -> str:
    """Return one row for each control of the shipped catalogue."""
    rows = [
        [
            f"`{control.id}`",
            control.name_ko,
            control.name_en,
            f"{control.capex_krw:,}",
            f"{control.opex_per_year_krw:,}",
            ", ".join(effect.threat.split("_")[0] for effect in control.effects),
            control.evidence.kind.value,
        ]
        for control in default_controls()
    ]
    return table(["Control", "보호 조치", "Name", "Once, won", "A year, won", "Against", "Evidence"], rows)


DOCUMENTS = {
    "architecture": Document("mdfiles/architecture.md", {"calls": calls}),
    "intelligence": Document("mdfiles/intelligence.md", {"tools": tools}),
    "scenarios": Document(
        "mdfiles/scenarios.md",
        {
            "threats": threats,
            "controls": controls,
            "threat-settings": lambda: settings_of(ThreatSettings),
            "playbook": lambda: table(TABLE_HEADS, playbook_rows()),
            "response-settings": lambda: settings_of(ResponseSettings),
        },
    ),
    "risk": Document(
        "mdfiles/risk.md",
        {
            "denials": denials,
            "breakers": breakers,
            "threat": threat_levels,
            "limits": lambda: settings_of(RiskLimits),
            "strategy": lambda: settings_of(StrategySettings),
        },
    ),
}


def rendered(text: str, document: Document) -> str:
    """Return a document's text with its blocks made anew; raises ``MissingBlock`` when the names differ."""
    found = [match["name"] for match in BLOCK.finditer(text)]
    if sorted(found) != sorted(document.blocks):
        raise MissingBlock(f"{document.path} has blocks {sorted(found)}, expected {sorted(document.blocks)}")
    return BLOCK.sub(lambda match: f"{match[1]}{document.blocks[match['name']]()}\n{match[4]}", text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Render or check documents; return 0, or 1 when a checked document is not current."""
    parser = argparse.ArgumentParser(description="Render the generated tables of mdfiles.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"documents: {', '.join(DOCUMENTS)} (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a document is not current")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder that holds mdfiles")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(DOCUMENTS))
    if unknown:
        parser.error(f"no such document: {', '.join(unknown)}")
    outdated = False
    for name in options.names or DOCUMENTS:
        document = DOCUMENTS[name]
        path = options.root / document.path
        try:
            text = path.read_text(encoding="utf-8")
            current = rendered(text, document)
        except (OSError, MissingBlock) as error:
            parser.exit(2, f"{error}\n")
        if text == current:
            continue
        outdated = True
        if options.check:
            print(f"{document.path} is not current: run scripts/render_docs.py {name}")
        else:
            path.write_text(current, encoding="utf-8")
            print(f"{document.path} rendered")
    return 1 if outdated and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
