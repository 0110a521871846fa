"""A private MariaDB server for tests: own data directory, own socket, a free port on the loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pymysql

PROGRAMS = ("mariadbd", "mariadb-install-db")
START_WITHIN_S = 30.0


class MariaDbUnavailable(Exception):
    """Why no server can be started here."""


def require_programs() -> None:
    """Install MariaDB where that is allowed; raises ``MariaDbUnavailable`` with the reason otherwise."""
    if os.environ.get("DAYBOOK_TEST_MARIADB", "").lower() == "off":
        raise MariaDbUnavailable("DAYBOOK_TEST_MARIADB is off")
    if all(map(_find, PROGRAMS)):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise MariaDbUnavailable("mariadb-server is not installed (apt-get install mariadb-server)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "mariadb-server"],
    ):
        done = subprocess.run(command, env=environment, capture_output=True, timeout=180, check=False)
        if done.returncode != 0:
            raise MariaDbUnavailable("mariadb-server could not be installed with apt-get")
    if not all(map(_find, PROGRAMS)):
        raise MariaDbUnavailable("mariadb-server is installed without its programs")


class MariaDb:
    """A running server with a database ``app``; ``stop`` ends it and removes its files."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="daybook-mariadb-"))
        self._socket = self._directory / "socket"
        self.port = free_port()
        self._server = self._start()

    @property
    def url(self) -> str:
        """The URL of the database ``app``, whose user may do everything in it."""
        return f"mysql+pymysql://app:app@127.0.0.1:{self.port}/app"

    @property
    def reader_url(self) -> str:
        """The URL of a user who may only read."""
        return f"mysql+pymysql://reader:reader@127.0.0.1:{self.port}/app"

    def _start(self) -> "subprocess.Popen[bytes]":
        as_user = []
        if os.geteuid() == 0:
            shutil.chown(self._directory, "mysql")
            as_user = ["--user=mysql"]
        data = f"--datadir={self._directory / 'data'}"
        subprocess.run(
            [
                _find("mariadb-install-db"),
                "--no-defaults",
                *as_user,
                data,
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        with (self._directory / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    _find("mariadbd"),
                    "--no-defaults",
                    *as_user,
                    data,
                    f"--socket={self._socket}",
                    f"--pid-file={self._directory / 'pid'}",
                    "--bind-address=127.0.0.1",
                    f"--port={self.port}",
                    "--skip-name-resolve",
                    "--character-set-server=utf8mb4",
                    "--innodb-flush-log-at-trx-commit=0",
                    "--innodb-buffer-pool-size=64M",
                    "--sync-binlog=0",
                ],
                stdout=log,
                stderr=log,
            )
        try:
            self._create_users()
        except BaseException:
            server.kill()
            server.wait()
            raise
        return server

    def _create_users(self) -> None:
        self._wait_until_ready()
        connection = pymysql.connect(unix_socket=str(self._socket), user="root")
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE app")
            for user, grant in (("app", "ALL"), ("reader", "SELECT")):
                cursor.execute(f"CREATE USER {user}@'127.0.0.1' IDENTIFIED BY '{user}'")
                cursor.execute(f"GRANT {grant} ON *.* TO {user}@'127.0.0.1'")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(str(self._socket))
                    return
                except OSError:
                    if time.monotonic() > deadline:
                        raise
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._server.terminate()
        try:
            self._server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self._directory, ignore_errors=True)


def _find(program: str) -> str:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin:/sbin") or ""


def free_port() -> int:
    """Return a port of the loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
