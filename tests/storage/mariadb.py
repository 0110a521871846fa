"""A private MariaDB server for tests: own data directory, own socket, a free port on the loopback.

With ``DAYBOOK_TEST_MYSQL_URL`` (an administrator's URL, ``mysql://root@127.0.0.1:3306``) the tests use that server
instead, e.g. to prove the same on MySQL itself. They create, empty and drop only databases named ``daybook_test*``.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql
from sqlalchemy.engine import make_url

from daybook.stack.local import free_port

PROGRAMS = ("mariadbd", "mariadb-install-db")
START_WITHIN_S = 30.0
_STARTS = 4
DATABASE = "daybook_test"


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


class Server:
    """A running server with an empty database and two users, of whom one may only read."""

    port: int

    @property
    def url(self) -> str:
        """The URL of the database, whose user may do everything."""
        return f"mysql+pymysql://daybook_test:writer@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def reader_url(self) -> str:
        """The URL of the user who may only read."""
        return f"mysql+pymysql://daybook_test_reader:reader@127.0.0.1:{self.port}/{DATABASE}"

    def stop(self) -> None:
        """Give back what was taken."""

    def _prepare(self, connection: "pymysql.connections.Connection[pymysql.cursors.Cursor]") -> None:
        with connection, connection.cursor() as cursor:
            for database in (DATABASE, f"{DATABASE}_blank"):
                cursor.execute(f"DROP DATABASE IF EXISTS {database}")
            cursor.execute(f"CREATE DATABASE {DATABASE}")
            for user, password, grant in (("", "writer", "ALL"), ("_reader", "reader", "SELECT")):
                account = f"daybook_test{user}@'127.0.0.1'"
                cursor.execute(f"DROP USER IF EXISTS {account}")
                cursor.execute(f"CREATE USER {account} IDENTIFIED BY '{password}'")
                cursor.execute(f"GRANT {grant} ON *.* TO {account}")


class GivenServer(Server):
    """A server somebody else runs on the loopback."""

    def __init__(self, administrator_url: str) -> None:
        url = make_url(administrator_url)
        self.port = url.port or 3306
        self._prepare(
            pymysql.connect(
                host=url.host or "127.0.0.1", port=self.port, user=url.username or "root", password=url.password or ""
            )
        )


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process of a test run install and start at a time: installations side by side fail now and then."""
    with (Path(tempfile.gettempdir()) / "daybook-mariadb.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class MariaDb(Server):
    """A server of our own; ``stop`` ends it and removes its files."""

    def __init__(self) -> None:
        for tries_left in range(_STARTS - 1, -1, -1):
            self._directory = Path(tempfile.mkdtemp(prefix="daybook-mariadb-"))
            self._socket = self._directory / "socket"
            self.port = free_port()
            try:
                with _alone():
                    self._install()
                    self._server = self._start()
                return
            except (OSError, subprocess.CalledProcessError) as error:
                shutil.rmtree(self._directory, ignore_errors=True)
                if not tries_left:
                    said = getattr(error, "stderr", b"") or b""
                    raise RuntimeError(f"MariaDB does not start: {error}; {said.decode(errors='replace')}") from error

    def _install(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._directory, "mysql")
        subprocess.run(
            [
                _find("mariadb-install-db"),
                "--no-defaults",
                *self._as_user(),
                self._data(),
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )

    @staticmethod
    def _as_user() -> list[str]:
        return ["--user=mysql"] if os.geteuid() == 0 else []

    def _data(self) -> str:
        return f"--datadir={self._directory / 'data'}"

    def _start(self) -> "subprocess.Popen[bytes]":
        """Start the server; raises ``OSError`` when it ends at once, as it does where its port was taken meanwhile."""
        with (self._directory / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    _find("mariadbd"),
                    "--no-defaults",
                    *self._as_user(),
                    self._data(),
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
            self._wait_until_ready(server)
            self._prepare(pymysql.connect(unix_socket=str(self._socket), user="root"))
        except BaseException:
            server.kill()
            server.wait()
            raise
        return server

    def _wait_until_ready(self, server: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(str(self._socket))
                    return
                except OSError:
                    if time.monotonic() > deadline or server.poll() is not None:
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
