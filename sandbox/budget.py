"""Walk a JSON value with a budget before it is trusted or dumped.

A value that shares its parts (a DAG) can be small in memory and endless as JSON; a parsed value can hold numbers and
text that a database refuses. Both are found here in bounded time and without recursion.
"""

from typing import Any

MAX_INTEGER = 2**63


class OverBudget(ValueError):
    """The value is too large, too deep, or not plain JSON."""


def check(value: Any, *, nodes: int, depth: int, text_bytes: int) -> None:
    """Accept plain JSON within the budget.

    Args:
        value: Any Python object.
        nodes: How many values (keys included) it may hold, counted as JSON would write them.
        depth: How deep it may nest.
        text_bytes: How many characters all its text may hold, counted as JSON would write it.

    Raises:
        OverBudget: With what is wrong.
    """
    stack: list[tuple[Any, int]] = [(value, 0)]
    while stack:
        item, level = stack.pop()
        nodes -= 1
        if nodes < 0:
            raise OverBudget("too many values")
        if level > depth:
            raise OverBudget("nested too deep")
        kind = type(item)
        if item is None or kind is bool:
            continue
        if kind is str:
            text_bytes -= len(item)
            if text_bytes < 0:
                raise OverBudget("too much text")
            check_text(item)
        elif kind is int:
            if not -MAX_INTEGER <= item < MAX_INTEGER:
                raise OverBudget("an integer beyond 64 bits")
        elif kind is float:
            if item != item or item in (float("inf"), float("-inf")):
                raise OverBudget("a number that is not finite")
        elif kind is list:
            if len(item) > nodes:
                raise OverBudget("too many values")
            stack.extend((part, level + 1) for part in item)
        elif kind is dict:
            if len(item) > nodes:
                raise OverBudget("too many values")
            for key, part in item.items():
                if type(key) is not str:
                    raise OverBudget("a key that is not text")
                stack.append((key, level + 1))
                stack.append((part, level + 1))
        else:
            raise OverBudget(f"a value of type {kind.__name__}")


def check_text(text: str) -> None:
    """Refuse text that a database or a strict JSON reader refuses: NUL and lone surrogates.

    Raises:
        OverBudget: With what is wrong.
    """
    if "\x00" in text:
        raise OverBudget("text with a NUL character")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise OverBudget("text with a lone surrogate") from None
