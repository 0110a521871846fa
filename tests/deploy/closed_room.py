"""An image without Docker: a virtual environment with one layer's pinned packages, and one layer's files beside it.

The environment's packages are links to those of the environment the tests run in, which is checked to hold the very
versions that are pinned; everything that is not pinned for the layer is out of reach, as it is in the image.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

from tests.deploy.dockerfiles import Image

_NOT_FOUND = """
import importlib.util, sys
for name in sys.argv[1:]:
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    if found is None:
        print(name)
"""
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*==[^\\#]+)", re.MULTILINE)


class PackagesDiffer(Exception):
    """The environment the tests run in lacks a pinned package, or holds another version of it."""


def pins_of(requirements: Path) -> dict[str, str]:
    """Return name and version of every pin that holds on this Python and system."""
    pins = {}
    for found in _PIN.finditer(requirements.read_text(encoding="utf-8")):
        requirement = Requirement(found[1].strip())
        if requirement.marker is None or requirement.marker.evaluate():
            pins[requirement.name] = str(requirement.specifier).removeprefix("==")
    return pins


def pinned_distributions(requirements: Path) -> list[Distribution]:
    """Return the installed distributions of a requirements file.

    Raises:
        PackagesDiffer: naming what is missing or differs.
    """
    found, differing = [], []
    for name, version in pins_of(requirements).items():
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            differing.append(f"{name}=={version} is not installed")
            continue
        found.append(installed)
        if installed.version != version:
            differing.append(f"{name} is {installed.version}, pinned {version}")
    if differing:
        raise PackagesDiffer(f"{requirements.name}: {'; '.join(differing)}")
    return found


def _parts(installed: Distribution) -> Iterator[tuple[str, ...]]:
    for file in installed.files or ():
        if not file.parts[0].startswith("..") and file.parts[0] != "__pycache__":
            yield file.parts


def link_packages(found: Sequence[Distribution], folder: Path) -> None:
    """Link the packages into ``folder``: whole where a folder belongs to one distribution, else what is in it."""
    shared = _shared_folders()
    for installed in found:
        for parts in dict.fromkeys(parts[: 2 if parts[0] in shared else 1] for parts in _parts(installed)):
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.symlink_to(Path(str(installed.locate_file("/".join(parts)))).resolve())


@cache
def _shared_folders() -> frozenset[str]:
    counts = Counter(name for installed in distributions() for name in {parts[0] for parts in _parts(installed)})
    return frozenset(name for name, count in counts.items() if count > 1)


@dataclass(frozen=True)
class ClosedRoom:
    """A started image's world: its Python and its files."""

    image: Image
    app: Path
    python: Path

    @classmethod
    def build(cls, image: Image, folder: Path) -> "ClosedRoom":
        """Lay out an image's files and packages in ``folder``.

        Raises:
            PackagesDiffer: when the pinned packages are not at hand.
        """
        found = pinned_distributions(image.requirements_file)
        app = folder / "app"
        for source, place in image.files().items():
            target = app / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        venv.create(folder / "python", with_pip=False, symlinks=True)
        python = folder / "python" / "bin" / "python"
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "python")}))
        link_packages(found, packages)
        (packages / "daybook.pth").write_text(f"{app}\n", encoding="utf-8")
        return cls(image, app, python)

    def command(self, command: Sequence[str]) -> list[str]:
        """Return a command of the image as one of this room."""
        return [
            str(self.python) if word == "/opt/daybook/bin/python" else word.replace("/app/", f"{self.app}/")
            for word in command
        ]

    def run(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the image and return what it said."""
        return subprocess.run(
            self.command(command),
            cwd=self.app,
            env={"PATH": os.defpath, "HOME": str(self.app.parent), **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def cannot_import(self, *modules: str) -> list[str]:
        """Return those of ``modules`` that cannot be found here."""
        return self.run([str(self.python), "-I", "-c", _NOT_FOUND, *modules]).stdout.split()


def same_python() -> bool:
    """Whether the tests run on the Python the pins are made for."""
    return sys.version_info[:2] == (3, 11)
