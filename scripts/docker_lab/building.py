"""The images of compose.yaml, built on a base image made here, from wheels that are checked against the pins."""

import contextlib
import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from docker_lab.programs import Programs

ROOT = Path(__file__).resolve().parents[2]
BASE = "daybook-test-base:bookworm"
TEMPORAL = "temporalio/temporal:1.9.1"
VERSION = "0.1.0"
LAYERS = {
    "control": ("control", ""),
    "runner": ("sandbox", "runner"),
    "sandbox": ("sandbox", "worker"),
    "pipeline": ("pipeline", ""),
    "trading": ("trading", ""),
    "api": ("api", ""),
    "paper": ("paper", ""),
}
"""Service: Dockerfile's ending and target."""
_STAND_IN = """
FROM {base}
COPY temporal /usr/local/bin/temporal
RUN useradd --uid 1000 --create-home temporal
USER temporal
ENTRYPOINT ["temporal"]
"""


def image_of(service: str) -> str:
    """Return the image compose.yaml names for a service."""
    return f"daybook-{service}:{VERSION}"


def download_wheels(folder: Path) -> None:
    """Download what the layers pin, each file checked against its hash, by this machine's own pip and settings."""
    folder.mkdir(exist_ok=True)
    for layer in ("control", "sandbox", "runner", "pipeline", "trading", "api", "paper"):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
                *("--require-hashes", "--dest", str(folder), "-r", str(ROOT / "requirements" / f"{layer}.txt")),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            raise RuntimeError(f"packages of {layer}: {' '.join(said[:3])}")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder's files on loopback; yields the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_base(programs: Programs, folder: Path, wheels: str) -> None:
    """Make a Debian with Python 3.11, which stands in for the slim image; its pip knows the served wheels alone."""
    tree = folder / "rootfs.tar"
    if not tree.exists():
        programs.run(
            *("mmdebstrap", "--quiet", "--variant=minbase", "--include=python3,python3-venv,ca-certificates"),
            *("bookworm", str(tree)),
        )
    context = folder / "base"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir()
    (context / "pip.conf").write_text(
        f"[global]\nno-index = true\nfind-links = {wheels}\ntrusted-host = 127.0.0.1\n"
        "disable-pip-version-check = true\n",
        encoding="utf-8",
    )
    (context / "Dockerfile").write_text(f"FROM {BASE}-bare\nCOPY pip.conf /etc/pip.conf\n", encoding="utf-8")
    programs.run("docker", "import", str(tree), f"{BASE}-bare")
    programs.run("docker", "build", "--tag", BASE, str(context))


def build_layers(programs: Programs) -> dict[str, int]:
    """Build every image of the desk; returns their sizes in bytes."""
    sizes = {}
    for service, (ending, target) in LAYERS.items():
        programs.run(
            *("docker", "build", "--network", "host", "--build-arg", f"BASE_IMAGE={BASE}"),
            *("--file", str(ROOT / "deploy" / "docker" / f"Dockerfile.{ending}"), "--tag", image_of(service)),
            *(("--target", target) if target else ()),
            str(ROOT),
            timeout_s=1_800,
        )
        sizes[service] = size_of(programs, image_of(service))
        print(f"  {image_of(service):28} {sizes[service] / 1e6:6.0f} MB", flush=True)
    return sizes


def size_of(programs: Programs, image: str) -> int:
    """Return an image's size in bytes."""
    return int(programs.run("docker", "image", "inspect", "--format", "{{.Size}}", image).stdout)


def build_temporal(programs: Programs, folder: Path, program: Path) -> None:
    """Build an image of the Temporal program at hand under the name compose.yaml uses: no registry is asked."""
    context = folder / "temporal"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir()
    shutil.copy2(program, context / "temporal")
    (context / "Dockerfile").write_text(_STAND_IN.format(base=BASE), encoding="utf-8")
    programs.run("docker", "build", "--tag", TEMPORAL, str(context))
