"""A host outside, as the internet is: a network namespace of its own behind a cable, with one listener.

It knows no way to the containers' own addresses, as no host on the internet does: only what is masqueraded is answered.
"""

import contextlib
import subprocess
import time
from collections.abc import Iterator

from docker_lab.programs import Programs

ADDRESS = "198.51.100.6"
PORT = 8099
_OUR_END = "198.51.100.5"
_NAME = "daybook-outside"
_CABLE = ("daybook-out0", "daybook-out1")
_STARTS_WITHIN_S = 20


@contextlib.contextmanager
def outside_host(programs: Programs) -> Iterator[None]:
    """Lay the cable and listen while the block runs; nothing of it is left.

    Raises:
        RuntimeError: when it cannot be laid here, or nobody listens at its end.
    """
    inside = ("ip", "netns", "exec", _NAME)
    programs.run("ip", "netns", "add", _NAME)
    listener = None
    try:
        programs.run("ip", "link", "add", _CABLE[0], "type", "veth", "peer", "name", _CABLE[1])
        programs.run("ip", "link", "set", _CABLE[1], "netns", _NAME)
        programs.run("ip", "address", "add", f"{_OUR_END}/30", "dev", _CABLE[0])
        programs.run("ip", "link", "set", _CABLE[0], "up")
        programs.run(*inside, "ip", "address", "add", f"{ADDRESS}/30", "dev", _CABLE[1])
        programs.run(*inside, "ip", "link", "set", _CABLE[1], "up")
        listener = subprocess.Popen(
            [*inside, "python3", "-I", "-c", _LISTEN],
            env=programs.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_until_it_listens(programs)
        yield
    finally:
        if listener is not None:
            listener.kill()
            listener.wait(timeout=10)
        programs.run("ip", "link", "delete", _CABLE[0], check=False)
        programs.run("ip", "netns", "delete", _NAME, check=False)


def _wait_until_it_listens(programs: Programs) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while programs.run("python3", "-I", "-c", _CONNECT, check=False).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError(f"nobody listens at {ADDRESS}:{PORT}")
        time.sleep(0.2)


_CONNECT = f"import socket; socket.create_connection(({ADDRESS!r}, {PORT}), 2).close()"
_LISTEN = f"""
import socket
server = socket.create_server(({ADDRESS!r}, {PORT}))
while True:
    server.accept()[0].close()
"""
