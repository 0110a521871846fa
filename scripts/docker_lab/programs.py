"""The programs the test needs: those of this machine, else private copies out of Debian packages, unpacked aside."""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = ("docker.io", "containerd", "runc", "iptables", "mmdebstrap", "docker-compose", "iproute2")
NEEDED = ("dockerd", "containerd", "runc", "docker", "iptables", "iptables-save", "mmdebstrap", "docker-compose", "ip")
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class CannotTest(Exception):
    """The test cannot be run on this machine; the message says why and what to do."""


@dataclass
class Programs:
    """Where the programs are: the environment to run them in."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    private: bool = False

    @classmethod
    def find(cls, folder: Path, *, private: bool = False) -> "Programs":
        """Find the programs, or fetch copies into ``folder``; nothing is installed.

        Raises:
            CannotTest: not Linux, not root, or no Debian to fetch from.
        """
        if sys.platform != "linux":
            raise CannotTest(f"containers need Linux, this is {platform.system()}")
        if os.geteuid() != 0:
            raise CannotTest("starting a Docker engine needs root; run it as root in a throw-away machine")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "COMPOSE_"))}
        found = cls(folder, {**kept, "PATH": os.pathsep.join((os.environ["PATH"], *SYSTEM_FOLDERS))})
        missing = [name for name in NEEDED if shutil.which(name, path=found.environment["PATH"]) is None]
        if missing or private:
            print(
                f"fetching Debian packages aside, nothing is installed ({', '.join(missing) or 'as asked'})", flush=True
            )
            found.fetch()
        return found

    def fetch(self) -> None:
        """Download the packages and what they need besides what is installed; unpack them into the folder."""
        if shutil.which("apt-get") is None:
            raise CannotTest("there is no Docker engine and no apt-get to fetch one; install docker.io and mmdebstrap")
        lists, archives, root = (self.folder / name for name in ("apt/lists", "apt/archives", "root"))
        for path in (lists / "partial", archives / "partial", root):
            path.mkdir(parents=True, exist_ok=True)
        options = ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={self.folder / 'apt'}"]
        options += ["-o", f"Dir::Cache::archives={archives}", "-o", "APT::Sandbox::User=root"]
        install = ["install", "--yes", "--download-only", "--reinstall", "--no-install-recommends", *PACKAGES]
        for arguments in (["update"], install):
            done = subprocess.run(["apt-get", "-qq", *options, *arguments], capture_output=True, text=True, check=False)
            if done.returncode:
                raise CannotTest(f"apt-get {arguments[0]} failed: {done.stderr.strip().splitlines()[-1:]}")
        for package in sorted(archives.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
        self._use(root)

    def _use(self, root: Path) -> None:
        libraries = root / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
        shims = self.folder / "bin"
        shims.mkdir(exist_ok=True)
        for name in ("iptables", "iptables-save", "iptables-restore", "ip6tables"):
            (shims / name).unlink(missing_ok=True)
            (shims / name).symlink_to(next(root.glob("usr/sbin/xtables-nft-multi")))
        modules = f"{root}/usr/lib/python3/dist-packages"
        for name, line in {
            "docker-compose": f'PYTHONPATH="{modules}" exec /usr/bin/python3 "{root}/usr/bin/docker-compose" "$@"',
            "mmdebstrap": f'exec perl "{root}/usr/bin/mmdebstrap" "$@"',
        }.items():
            (shims / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
            (shims / name).chmod(0o755)
        own = (str(shims), str(root / "usr" / "sbin"), str(root / "usr" / "bin"), str(root / "sbin"))
        self.environment |= {
            "PATH": os.pathsep.join((*own, self.environment["PATH"])),
            "LD_LIBRARY_PATH": os.pathsep.join((str(libraries), str(root / "lib" / libraries.name))),
            "XTABLES_LIBDIR": str(libraries / "xtables"),
        }
        self.private = True

    def run(
        self, *command: str, check: bool = True, input_text: str | None = None, timeout_s: float = 900
    ) -> subprocess.CompletedProcess[str]:
        """Run a program and return what it said.

        Raises:
            RuntimeError: when it failed and ``check`` is set; the message has its last words.
        """
        done = subprocess.run(
            command,
            env=self.environment,
            input=input_text,
            stdin=None if input_text is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if check and done.returncode:
            last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-25:])
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{last}")
        return done
