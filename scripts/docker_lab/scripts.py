"""Scripts for the runner: what must work, and what must come to nothing. A hostile one hands back what it got."""

from typing import Any

ORDINARY: tuple[tuple[str, str, Any], ...] = (
    ("a sum", "result = 1 + 1", 2),
    (
        "a group-by",
        "import pandas as pd\n"
        "frame = pd.DataFrame({'sector': ['a', 'b', 'a'], 'won': [1, 2, 3]})\n"
        "result = {name: int(won) for name, won in frame.groupby('sector')['won'].sum().items()}",
        {"a": 4, "b": 2},
    ),
    ("an average", "import numpy as np\nresult = float(np.mean([1, 2, 3]))", 2.0),
    ("a date", "import datetime as dt\nresult = dt.date(2026, 11, 20).isoweekday()", 5),
    ("a pattern", "import re\nresult = re.findall(r'\\d+', '삼성 005930')", ["005930"]),
)

_CAUGHT = "try:\n{body}\nexcept BaseException as error:\n    result = 'kept: ' + type(error).__name__\n"

_ATTEMPTS: dict[str, str] = {
    "a file": "result = open('/etc/passwd').read()",
    "its own program": "result = open('/app/sandbox/__init__.py').read()",
    "a file through numpy": "import numpy as np\nresult = np.fromfile('/etc/hostname', dtype='u1').tolist()",
    "a file through pandas": "import pandas as pd\nresult = pd.read_csv('/etc/passwd').shape",
    "a new file": "open('/run/sandbox/x', 'w').write('x'); result = 'written'",
    "a folder": "import os\nresult = os.listdir('/run/sandbox')",
    "the server's memory": "result = open('/proc/1/mem', 'rb').read(1)",
    "the server's environment": "result = open('/proc/1/environ').read()",
    "the socket beside it": (
        "import socket\ns = socket.socket(socket.AF_UNIX); s.connect('/run/sandbox/sandbox.sock'); result = 'connected'"
    ),
    "an internet socket": "import socket\nresult = str(socket.create_connection(('198.51.100.7', 80), 1))",
    "a name": "import socket\nresult = socket.getaddrinfo('temporal', 7233)[0][4]",
    "a fork": "import os\nresult = os.fork()",
    "a program": "import subprocess\nresult = subprocess.run(['/bin/true']).returncode",
    "the shell": "import os\ncode = os.system('true')\nif code: raise OSError(code, 'kept')\nresult = 'ran'",
    "another process": "import os\nos.kill(1, 0); result = 'may signal'",
    "its parent": "import os\nos.kill(os.getppid(), 9); result = 'killed'",
    "user namespaces": (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.unshare(0x10000000): raise OSError(ctypes.get_errno(), 'kept')\nresult = 'own namespace'"
    ),
    "an executable page": (
        "import mmap\nresult = str(mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))"
    ),
    "io_uring": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nbuffer = ctypes.create_string_buffer(256)\n"
        "if libc.syscall(425, 4, buffer) < 0: raise OSError(ctypes.get_errno(), 'kept')\nresult = 'ring'"
    ),
    "bpf": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if libc.syscall(321, 0, None, 0) < 0: raise OSError(ctypes.get_errno(), 'kept')\nresult = 'bpf'"
    ),
    "a shell through a query": (
        "import pandas as pd\nresult = pd.DataFrame({'a': [1]}).query(\"@pd.io.common.os.system('true') == 0\").shape\n"
        "if result == (0, 1): raise OSError('kept')"
    ),
}

ENDLESS: dict[str, dict[str, Any]] = {
    "an endless loop": {"code": "while True: pass", "limits": {"wall_s": 3, "cpu_s": 1}},
    "an endless loop in C": {"code": "result = sum(iter(int, 1))", "limits": {"wall_s": 1}},
    "all memory": {"code": "held = []\nwhile True: held.append(bytearray(10_000_000))", "limits": {"memory_mb": 64}},
    "endless output": {"code": "while True: print('x' * 10_000)", "limits": {"wall_s": 5}},
    "a huge result": {"code": "result = 'x' * 30_000_000"},
}


def hostile() -> dict[str, str]:
    """Return each attempt, wrapped so that a refusal is handed back as ``kept: ...``."""
    indented = {name: "\n".join(f"    {line}" for line in code.splitlines()) for name, code in _ATTEMPTS.items()}
    return {name: _CAUGHT.format(body=body) for name, body in indented.items()}
