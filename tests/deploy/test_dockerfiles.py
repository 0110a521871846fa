"""Rules for Dockerfiles, each shown to find its breach."""

import fnmatch
import re
from pathlib import Path

import pytest

from tests.deploy.dockerfiles import FOLDER, IMAGES, Dockerfile, Stage, parse, parse_text
from tests.deploy.imports import HOUSE, ROOT

FILES = sorted(FOLDER.glob("Dockerfile.*"))
BASE = re.compile(r"BASE_IMAGE=python:3\.11\.\d+-slim-[a-z]+")
SECRET = re.compile(r"(?i)(key|secret|token|password|passwd|credential)")
ADDRESS = re.compile(r"(?i)\b(https?|ftp|git|ssh)://|--(extra-)?index-url|--find-links|--trusted-host")
ALLOWED = {"LABEL", "COPY", "RUN", "ENV", "WORKDIR", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}
INSTALL_FLAGS = ("--no-cache-dir", "--no-deps", "--only-binary=:all:", "--require-hashes")


def problems(dockerfile: Dockerfile, images: set[str]) -> list[str]:
    """Return every breach of the rules, one line each. ``images`` names the stages that become images."""
    found = []
    names = [stage.name for stage in dockerfile.stages]
    if len(dockerfile.arguments) != 1 or not BASE.fullmatch(dockerfile.arguments[0].text):
        found.append("its one argument must be BASE_IMAGE with a pinned slim Python 3.11 as default")
    for entry in dockerfile.instructions():
        if entry.word not in ALLOWED | {"ARG"}:
            found.append(f"line {entry.line}: {entry.word} is not used here")
        if ADDRESS.search(entry.text.replace("http://127.0.0.1:", "")):
            found.append(f"line {entry.line}: an address of another place")
        if entry.word in ("ENV", "ARG") and SECRET.search(entry.text.replace("kis-tokens", "")):
            found.append(f"line {entry.line}: a secret does not belong into an image")
    for stage in dockerfile.stages:
        if stage.base != "${BASE_IMAGE}":
            found.append(f"stage {stage.name}: FROM must be ${{BASE_IMAGE}}")
        found += [f"stage {stage.name or 'last'}: {problem}" for problem in _copy_problems(stage, names)]
        is_image = stage.name in images or (stage is dockerfile.stages[-1] and not stage.name)
        found += [
            f"stage {stage.name or 'last'}: {problem}"
            for problem in (_image_problems(stage) if is_image else _packages_problems(stage))
        ]
    return found


def _copy_problems(stage: Stage, names: list[str]) -> list[str]:
    found = [f"it copies out of {source}, which is no stage" for source in stage.copied_from() - set(names)]
    for sources, destination in stage.copies():
        for source in sources:
            top = source.split("/")[0]
            if top not in (*HOUSE, "requirements", "deploy") or ".." in source or source in ("deploy", "daybook"):
                found.append(f"it copies {source}; name the rooms and files that are needed")
            elif not list(ROOT.glob(source)):
                found.append(f"it copies {source}, which is not there")
        if len(sources) > 1 and not destination.endswith("/"):
            found.append(f"several files are copied to {destination}, which must end with a slash")
    return found


def _packages_problems(stage: Stage) -> list[str]:
    runs = " ".join(entry.text for entry in stage.all("RUN"))
    found = [f"pip install lacks {flag}" for flag in INSTALL_FLAGS if flag not in runs]
    if "pip check" not in runs or "pip uninstall" not in runs:
        found.append("packages are checked, and pip is taken out")
    copied = [source for sources, _ in stage.copies() for source in sources]
    if len(copied) != 1 or not copied[0].startswith("requirements/"):
        found.append("packages come from one file of pins")
    return found


def _image_problems(stage: Stage) -> list[str]:
    found = []
    words = [entry.word for entry in stage.instructions]
    if "pip" in " ".join(entry.text for entry in stage.all("RUN")).split():
        found.append("packages are installed in a stage of their own")
    if [entry.text for entry in stage.all("USER")] != ["65534:65534"]:
        found.append("it must run as 65534:65534")
    elif "RUN" in words[words.index("USER") :] or "COPY" in words[words.index("USER") :]:
        found.append("what it holds belongs to root: USER comes after COPY and RUN")
    for word in ("HEALTHCHECK", "CMD", "WORKDIR"):
        if words.count(word) != 1:
            found.append(f"it needs one {word}")
    if words.count("CMD") == 1 and stage.command[:3] != ["/opt/daybook/bin/python", "-I", "-B"]:
        found.append("its command is an isolated Python that writes no files, as a JSON array")
    labels = " ".join(entry.text for entry in stage.all("LABEL"))
    for label in ("title", "description", "licenses"):
        if f"org.opencontainers.image.{label}=" not in labels:
            found.append(f"it lacks the label {label}")
    return found


def images_in(path: Path) -> set[str]:
    """Return the stages of a file that become images."""
    return {image.target for image in IMAGES if image.target and path.name == f"Dockerfile.{image.file}"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_dockerfile_when_it_is_read_then_the_rules_hold(path: Path) -> None:
    assert problems(parse(path), images_in(path)) == []


def test_dockerfiles_when_they_are_listed_then_each_makes_an_image_of_the_desk() -> None:
    assert {path.name for path in FILES} == {f"Dockerfile.{image.file}" for image in IMAGES}


GOOD = (FOLDER / "Dockerfile.control").read_text(encoding="utf-8")
BREACHES = {
    "a moving base": (r"python:3.11.\d+-slim-\w+", "python:3.11-slim"),
    "no argument": (r"ARG BASE_IMAGE=.*", ""),
    "another base": (r"FROM \$\{BASE_IMAGE\}\nLABEL", "FROM debian:12\nLABEL"),
    "root": (r"USER 65534:65534", "USER root"),
    "no user": (r"USER 65534:65534\n", ""),
    "a file of the user's own": (r"USER 65534:65534", "USER 65534:65534\nCOPY workflows /app/workflows"),
    "ADD of an address": (r"COPY workflows", "ADD https://example.com/x.tar /x\nCOPY workflows"),
    "everything": (r"COPY workflows \S+", "COPY . /app"),
    "the whole library": (r"COPY workflows \S+", "COPY daybook /app/daybook"),
    "a file that is not there": (r"COPY workflows \S+", "COPY workflows/nothing.py /app/"),
    "a secret in ENV": (r"WORKDIR", "ENV DAYBOOK_KIS__APP_KEY=x\nWORKDIR"),
    "a secret in ARG": (r"WORKDIR", "ARG TOKEN\nWORKDIR"),
    "a cache": (r" --no-cache-dir", ""),
    "no hashes": (r" --require-hashes", ""),
    "an index": (r"--no-deps", "--no-deps --index-url https://example.com/simple"),
    "a build from source": (r" --only-binary=:all:", ""),
    "pip left inside": (r"&& /opt/daybook/bin/python -m pip uninstall --yes setuptools pip", ""),
    "no health check": (r"HEALTHCHECK[^[]*CMD.*", ""),
    "a shell command": (r"CMD \[\"/opt/daybook/bin/python\", \"-I\", \"-B\", \"-u.*", "CMD python -m workers.control"),
    "no label": (r"LABEL[^$]*?\n(?=COPY)", ""),
    "an entry point": (r"WORKDIR", 'ENTRYPOINT ["sh"]\nWORKDIR'),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_rules_when_they_are_breached_then_it_is_said(breach: str) -> None:
    pattern, replacement = BREACHES[breach]
    broken, count = re.subn(pattern, lambda _: replacement, GOOD)
    assert count, "the breach must change the file"
    assert problems(parse_text(broken), set()) != []


def _ignored(path: str) -> bool:
    """Whether .dockerignore leaves a file out: the last line that matches decides."""
    out = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        bare = pattern.lstrip("!")
        variants = {bare, bare.replace("**/", ""), f"{bare}/*", f"*/{bare.removeprefix('**/')}"}
        variants |= {f"*/{bare.removeprefix('**/')}/*"}
        if any(fnmatch.fnmatchcase(path, variant.replace("**", "*")) for variant in variants):
            out = not pattern.startswith("!")
    return out


def test_build_context_when_images_are_built_then_it_holds_their_files_and_no_others_secrets() -> None:
    wanted = {file.relative_to(ROOT) for image in IMAGES for file in image.files()}
    wanted |= {image.requirements_file.relative_to(ROOT) for image in IMAGES}
    assert [str(path) for path in sorted(wanted) if _ignored(str(path))] == []
    # a builder does not look into a folder that is left out, whatever lines speak of files in it
    folders = {parent for path in wanted for parent in path.parents if len(parent.parts) > 1}
    assert [str(path) for path in sorted(folders) if _ignored(str(path)) and path.parts[0] in HOUSE] == []
    for path in (".env", ".git/config", ".daybook/secrets/daybook_kis__app_key", "daybook.toml", "kis_devlp.yaml"):
        assert _ignored(path), path
    for path in (
        "daybook/__pycache__/cli.cpython-311.pyc",
        "daybook/x.db",
        "tests/conftest.py",
        "mdfiles/a.md",
        ".venv/x",
    ):
        assert _ignored(path), path
