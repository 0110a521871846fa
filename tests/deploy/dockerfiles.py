"""Read a Dockerfile: its stages, their instructions, and which files of the house each stage copies."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.deploy.imports import ROOT

FOLDER = ROOT / "deploy" / "docker"


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines joined."""

    word: str
    text: str
    line: int

    @property
    def arguments(self) -> list[str]:
        """The words, or the entries of a JSON array; flags such as ``--from=x`` included."""
        text = self.text.removeprefix("CMD ").strip() if self.word == "HEALTHCHECK" else self.text
        if text.startswith("["):
            return [str(entry) for entry in json.loads(text)]
        return text.split()


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, word: str) -> list[Instruction]:
        """Return the stage's instructions of one kind."""
        return [entry for entry in self.instructions if entry.word == word]

    def last(self, word: str) -> Instruction:
        """Return the instruction that counts where the last one does."""
        return self.all(word)[-1]

    def copies(self) -> Iterator[tuple[list[str], str]]:
        """Yield sources and destination of each COPY out of the build context."""
        for entry in self.all("COPY"):
            words = entry.arguments
            if not any(word.startswith("--from=") for word in words):
                yield words[:-1], words[-1]

    def copied_from(self) -> set[str]:
        """Return the stages that this one copies out of."""
        return set(re.findall(r"--from=(\S+)", " ".join(entry.text for entry in self.all("COPY"))))

    @property
    def command(self) -> list[str]:
        """What the container runs."""
        return self.last("CMD").arguments

    @property
    def health_command(self) -> list[str]:
        """The command of the health check."""
        text = self.last("HEALTHCHECK").text
        return [str(entry) for entry in json.loads(text[text.index("CMD ") + 4 :])]


@dataclass(frozen=True)
class Dockerfile:
    """A parsed Dockerfile."""

    path: Path
    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]

    def stage(self, name: str) -> Stage:
        """Return a stage by its name, the last one for an empty name."""
        return self.stages[-1] if not name else next(stage for stage in self.stages if stage.name == name)

    def instructions(self) -> Iterator[Instruction]:
        """Yield every instruction but FROM."""
        yield from self.arguments
        for stage in self.stages:
            yield from stage.instructions


def parse(path: Path) -> Dockerfile:
    """Parse a Dockerfile of the plain dialect: comments on lines of their own, ``\\`` at the end continues."""
    return parse_text(path.read_text(encoding="utf-8"), path)


def parse_text(text: str, path: Path = Path("Dockerfile")) -> Dockerfile:
    """Parse the text of a Dockerfile."""
    arguments: list[Instruction] = []
    stages: list[Stage] = []
    for entry in _instructions(text):
        if entry.word == "FROM":
            words = entry.arguments
            stages.append(Stage(words[0], words[2] if len(words) > 2 else ""))
        elif stages:
            stages[-1].instructions.append(entry)
        else:
            arguments.append(entry)
    return Dockerfile(path, tuple(arguments), tuple(stages))


def _instructions(text: str) -> Iterator[Instruction]:
    held, begun = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not held and not line.strip()):
            continue
        begun = begun if held else number
        held += line.strip()
        if held.endswith("\\"):
            held = held[:-1]
            continue
        word, _, rest = held.partition(" ")
        yield Instruction(word.upper(), rest.strip(), begun)
        held = ""


@dataclass(frozen=True)
class Image:
    """One image of the desk.

    Args:
        name: the service's name in compose.yaml.
        file: the Dockerfile's ending.
        target: its stage.
        requirements: the pins it installs.
        module: what it runs.
    """

    name: str
    file: str
    requirements: str
    module: str
    target: str = ""

    @property
    def dockerfile(self) -> Dockerfile:
        """The parsed Dockerfile."""
        return _parsed(FOLDER / f"Dockerfile.{self.file}")

    @property
    def stage(self) -> Stage:
        """The stage that becomes the image."""
        return self.dockerfile.stage(self.target)

    @property
    def requirements_file(self) -> Path:
        """The pins of the image."""
        return ROOT / "requirements" / f"{self.requirements}.txt"

    def files(self) -> dict[Path, str]:
        """Return each file of the house that the image holds, with its place below ``/app``."""
        held: dict[Path, str] = {}
        for sources, destination in self.stage.copies():
            below = destination.removeprefix("/app").strip("/")
            for source in sources:
                for path in sorted(ROOT.glob(source)):
                    for file in sorted(path.rglob("*")) if path.is_dir() else (path,):
                        if file.is_file() and "__pycache__" not in file.parts:
                            inside = file.relative_to(path) if path.is_dir() else Path(file.name)
                            held[file] = str(Path(below) / inside)
        return held


@cache
def _parsed(path: Path) -> Dockerfile:
    return parse(path)


IMAGES = (
    Image("control", "control", "control", "workers.control"),
    Image("sandbox", "sandbox", "sandbox", "workers.sandbox", target="worker"),
    Image("runner", "sandbox", "runner", "sandbox", target="runner"),
    Image("pipeline", "pipeline", "pipeline", "workers.pipeline"),
    Image("trading", "trading", "trading", "workers.trading"),
    Image("api", "api", "api", "api"),
    Image("paper", "paper", "paper", "daybook.paper.command"),
)
"""Every image that is built from this repository."""
