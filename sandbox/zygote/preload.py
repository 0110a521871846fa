"""Import everything a script may import, and warm up what is slow the first time. Later nothing can be opened."""

import importlib
import importlib.abc
import pkgutil
import sys
import warnings
from typing import Any, Final

from sandbox.zygote.zones import keep_time_zones

STANDARD: Final = (  # noqa: SIM905 - one word a name is the readable form
    "abc argparse array ast asyncio asyncio.runners asyncio.taskgroups asyncio.timeouts base64 bisect bz2 calendar "
    "cmath codecs collections collections.abc colorsys concurrent.futures concurrent.futures.thread "
    "concurrent.futures.process contextlib contextvars copy csv ctypes dataclasses datetime decimal difflib email "
    "email.mime.text email.utils enum fractions functools getpass glob graphlib gzip hashlib heapq hmac html "
    "html.parser http.client importlib.metadata importlib.resources inspect io ipaddress itertools json keyword "
    "linecache locale logging lzma math mimetypes multiprocessing multiprocessing.pool numbers operator os pathlib "
    "pickle platform pprint queue random re reprlib secrets select selectors shlex shutil signal socket sqlite3 ssl "
    "stat statistics string stringprep struct subprocess sys sysconfig tempfile textwrap threading time timeit "
    "token tokenize tomllib traceback types typing unicodedata unittest unittest.mock urllib.error urllib.parse "
    "urllib.request uuid warnings weakref xml.etree.ElementTree zipfile zlib zoneinfo _strptime encodings.idna "
    "encodings.unicode_escape encodings.latin_1 encodings.utf_8_sig encodings.cp1252 encodings.cp949 "
    "encodings.euc_kr encodings.ascii encodings.utf_16 encodings.utf_32 encodings.hex_codec encodings.base64_codec "
    "encodings.punycode encodings.raw_unicode_escape encodings.rot_13 encodings.zlib_codec "
).split()
DATA_PACKAGES: Final = ("numpy", "pandas")
# What the packages need themselves. Optional helpers stay out: some (pyarrow) start threads, and none was reviewed.
HELPERS: Final = frozenset({"sandbox", "dateutil", "six", "pytz", "tzdata"})
SKIPPED_PARTS: Final = frozenset(
    {"tests", "testing", "conftest", "f2py", "distutils", "clipboard", "_pyinstaller", "setup", "__main__", "typing"}
)


def preload(packages: tuple[str, ...] = DATA_PACKAGES) -> tuple[str, ...]:
    """Import the standard list, the packages that are installed with all their submodules, and all time zones.

    Returns:
        The names of the packages found.
    """
    warnings.simplefilter("ignore")
    gate = _Gate(HELPERS | sys.stdlib_module_names | set(packages))
    sys.meta_path.insert(0, gate)
    for name in STANDARD:
        _try_import(name)
    found = tuple(name for name in packages if _try_import(name))
    for name in found:
        _import_submodules(name)
    keep_time_zones()
    _warm_up(found)
    sys.meta_path.remove(gate)
    return found


class _Gate(importlib.abc.MetaPathFinder):
    """Lets nothing be imported but what is on the list, whatever else is installed."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        """None lets the next finder look.

        Raises:
            ModuleNotFoundError: The module is not on the list.
        """
        if fullname.partition(".")[0] not in self._allowed:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _try_import(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - a module that cannot be had here is simply not offered
        return False
    return True


def _import_submodules(package: str) -> None:
    paths = getattr(sys.modules[package], "__path__", None)
    if paths is None:
        return
    for module in pkgutil.iter_modules(paths, f"{package}."):
        if not SKIPPED_PARTS & set(module.name.split(".")) and _try_import(module.name) and module.ispkg:
            _import_submodules(module.name)


def _warm_up(found: tuple[str, ...]) -> None:
    format(1234.5, ",.2f").encode("idna")
    if "numpy" in found:
        numpy: Any = sys.modules["numpy"]
        numpy.linalg.solve(numpy.eye(3) * 2.0, numpy.ones(3))
        numpy.random.default_rng(1).normal(size=4).std()
        repr(numpy.arange(3.0))
    if "pandas" in found:
        _warm_up_pandas(sys.modules["pandas"])


def _warm_up_pandas(pandas: Any) -> None:
    import io

    frame = pandas.DataFrame(
        {"key": list("aab"), "value": [1, 2, 3.5], "day": pandas.date_range("2024-01-01", periods=3)}
    )
    frame.groupby("key")["value"].agg(["sum", "mean"])
    frame.groupby("key").value.sum().to_dict()
    frame.sort_values("value").describe()
    frame.set_index("day")["value"].rolling(2).mean().pct_change()
    frame.merge(frame, on="key").pivot_table(index="key", values="value_x")
    pandas.to_datetime(["2024-01-01"])
    pandas.read_csv(io.StringIO(frame.to_csv(index=False)))
    frame.to_dict(orient="records")
    frame.to_json()
    str(frame)
