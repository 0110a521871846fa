"""What a script may be made of: syntax, imports, and names that are refused."""

import ast
import builtins

NODES: frozenset[type[ast.AST]] = frozenset(
    {
        *(ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Pass, ast.Assert, ast.Raise),
        *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.Break, ast.Continue, ast.Return, ast.Try, ast.TryStar),
        *(ast.ExceptHandler, ast.With, ast.AsyncWith, ast.withitem, ast.Import, ast.ImportFrom, ast.alias),
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.arguments, ast.arg, ast.keyword),
        *(ast.Global, ast.Nonlocal, ast.Await, ast.Yield, ast.YieldFrom, ast.Call, ast.Starred, ast.Attribute),
        *(ast.Subscript, ast.Slice, ast.Name, ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.NamedExpr),
        *(ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
        *(ast.comprehension, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Match, ast.match_case),
        *(ast.MatchValue, ast.MatchSingleton, ast.MatchSequence, ast.MatchMapping, ast.MatchClass, ast.MatchStar),
        *(ast.MatchAs, ast.MatchOr, ast.Load, ast.Store, ast.Del),
    }
)
"""Syntax a script may use, beside operators (subclasses of ``OPERATORS``); what Python adds later is refused."""
OPERATORS = (ast.operator, ast.unaryop, ast.boolop, ast.cmpop)

IMPORTS = frozenset(
    {
        *("asyncio", "bisect", "calendar", "cmath", "collections", "collections.abc", "contextlib", "copy"),
        *("dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools", "hashlib", "heapq"),
        *("html", "itertools", "json", "math", "numbers", "operator", "pprint", "random", "re", "statistics"),
        *("string", "textwrap", "time", "typing", "unicodedata", "warnings", "zoneinfo", "abc", "__future__"),
        *("numpy", "numpy.linalg", "numpy.random", "numpy.typing", "pandas", "pandas.api.types"),
        *("pandas.tseries.offsets",),
    }
)
USUAL_IMPORTS = {
    "asyncio": "import asyncio",
    "pd": "import pandas as pd",
    "np": "import numpy as np",
    "statistics": "import statistics",
    "json": "import json",
    "re": "import re",
    "datetime": "import datetime",
    "math": "import math",
    "collections": "import collections",
    "itertools": "import itertools",
    "defaultdict": "from collections import defaultdict",
    "Counter": "from collections import Counter",
    "dataclass": "from dataclasses import dataclass",
    "timedelta": "from datetime import timedelta",
}
"""Imports models forget; they are added when a name is used and bound nowhere."""

GIVEN = frozenset({"inputs", "ToolError", "gather", "result"})
"""Names the sandbox gives every script, beside its tools; ``result`` is the script's own to set."""

FORBIDDEN_NAMES = frozenset(
    {
        *("exec", "eval", "compile", "open", "input", "globals", "locals", "vars", "breakpoint", "exit", "quit"),
        *("help", "copyright", "credits", "license", "memoryview"),
    }
)
BY_NAME_ONLY = frozenset({"getattr", "setattr", "delattr", "hasattr"})
"""Builtins that may be called with an attribute's name written out, and not handed around."""
BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) - FORBIDDEN_NAMES

_METHODS = (
    *("init", "post_init", "repr", "str", "format", "bytes", "hash", "bool", "len", "iter", "next", "contains"),
    *("getitem", "setitem", "delitem", "missing", "call", "reversed", "enter", "exit", "aenter", "aexit", "aiter"),
    *("anext", "eq", "ne", "lt", "le", "gt", "ge", "add", "radd", "iadd", "sub", "rsub", "isub", "mul", "rmul"),
    *("imul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod", "pow", "rpow", "matmul", "neg", "pos"),
    *("abs", "invert", "and", "or", "xor", "lshift", "rshift", "round", "floor", "ceil", "trunc", "int", "float"),
    *("complex", "index"),
)
DUNDER_METHODS = frozenset(f"__{name}__" for name in _METHODS)
"""Methods with double underscores that a class of a script may define."""
DUNDER_NAMES = frozenset({"__name__"})
DUNDER_ATTRIBUTES = frozenset({"__name__"})
DUNDER_STORES = frozenset({"__slots__", "__match_args__"})

FRAME_ATTRIBUTES = frozenset(
    {
        *("gi_frame", "gi_code", "gi_yieldfrom", "cr_frame", "cr_code", "cr_await", "cr_origin", "ag_frame", "ag_code"),
        *("f_globals", "f_locals", "f_builtins", "f_back", "f_code", "f_trace", "tb_frame", "tb_next", "tb_lasti"),
        *("func_globals", "func_code", "co_code", "co_consts", "mro", "with_traceback"),
    }
)
TEXT_AS_CODE = frozenset({"eval", "query"})
"""Methods of pandas that run a text as code."""
FILE_ATTRIBUTES = frozenset(
    {
        *("read_csv", "read_table", "read_fwf", "read_excel", "read_json", "read_html", "read_xml", "read_hdf"),
        *("read_feather", "read_parquet", "read_orc", "read_sas", "read_spss", "read_sql", "read_sql_query"),
        *("read_sql_table", "read_gbq", "read_stata", "read_pickle", "read_clipboard", "read_iceberg", "ExcelFile"),
        *("ExcelWriter", "HDFStore", "to_excel", "to_pickle", "to_parquet", "to_feather", "to_hdf", "to_sql"),
        *("to_gbq", "to_stata", "to_orc", "to_clipboard", "to_iceberg", "loadtxt", "savetxt", "genfromtxt", "fromfile"),
        *("tofile", "memmap", "open_memmap", "fromregex", "savez", "savez_compressed", "DataSource", "ctypeslib"),
        *("ctypes", "dump", "f2py"),
    }
)
FILES_OF_NUMPY = frozenset({"load", "save", "lib", "core", "distutils", "testing"})
PARTS_OF_PANDAS = frozenset({"io", "core", "compat", "util", "testing", "plotting"})
TEXT_IF_NO_TARGET = {
    "to_csv": "path_or_buf",
    "to_json": "path_or_buf",
    "to_string": "buf",
    "to_markdown": "buf",
    "to_html": "buf",
    "to_latex": "buf",
    "to_xml": "path_or_buffer",
}
"""Methods that return a text when they are given no place to write to; the name of that argument."""
MODULES_INSIDE_MODULES = frozenset(
    {
        *("os", "sys", "io", "subprocess", "socket", "shutil", "pathlib", "ctypes", "importlib", "builtins", "codecs"),
        *("pickle", "marshal", "signal", "threading", "multiprocessing", "concurrent", "tempfile", "glob", "resource"),
        *("gc", "inspect", "linecache", "tokenize", "traceback", "types", "weakref", "ssl", "selectors", "tracemalloc"),
        *("copyreg", "abc_", "locale", "bltns", "events", "base_events", "unix_events", "futures", "runners"),
    }
)
ASYNCIO = frozenset(
    {
        *("gather", "run", "sleep", "create_task", "ensure_future", "wait", "wait_for", "as_completed", "TaskGroup"),
        *("Semaphore", "BoundedSemaphore", "Lock", "Event", "Condition", "Queue", "LifoQueue", "PriorityQueue"),
        *("QueueEmpty", "QueueFull", "timeout", "timeout_at", "shield", "Task", "Future", "TimeoutError"),
        *("CancelledError", "InvalidStateError", "iscoroutine", "iscoroutinefunction", "current_task"),
        *("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"),
    }
)
AWAITED_ASYNCIO = frozenset({"gather", "sleep", "wait", "wait_for"})
TAKES_AWAITABLES = frozenset(
    {"gather", "create_task", "ensure_future", "wait", "wait_for", "as_completed", "shield", "run"}
)
"""Functions of asyncio that take calls which are not awaited themselves."""
