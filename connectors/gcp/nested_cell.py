"""What does a nested cell say that BigQuery's labels or credits became when they were written to a text file?

Three spellings occur: JSON, the text that Python prints of the same list (`[{'key': 'a', 'value': None}]`), and the one
that numpy prints (no commas between the items). Python's and numpy's are read by their syntax tree: nothing of a cell
is ever run. Numbers keep their digits.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import Any

_LONGEST = 1 << 20
_NO_COMMA = re.compile(r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|\}\s+\{""", re.DOTALL)


class UnreadableCell(ValueError):
    """The cell is no list of labels, tags or credits."""


def read_cell(text: str, key: str) -> str:
    """The cell as a JSON array of objects that each have `key`; numbers become texts, so that no digit is lost.

    A lone object is a list of one, or, where it lacks `key` and labels are asked for, key → value pairs.
    Raises `UnreadableCell`.
    """
    value = _parsed(text)
    if value is None or value == {}:
        value = []
    if isinstance(value, dict):
        pairs = [{"key": k, "value": v} for k, v in value.items()]
        value = [value] if key in value or key != "key" else pairs
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UnreadableCell("is not a list of {key, value}" if key == "key" else f"is not a list with {key}")
    if any(item.get(key) is None for item in value):
        raise UnreadableCell(f'has an item without "{key}"')
    if key == "key" and any(isinstance(item.get("value"), dict | list) for item in value):
        raise UnreadableCell("nests a value")
    return json.dumps(value, ensure_ascii=False)


def _parsed(text: str) -> Any:
    if len(text) > _LONGEST:
        raise UnreadableCell("is longer than a megabyte")
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        pass
    try:
        return _of_tree(_tree(text.strip()))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = str(error) if isinstance(error, UnreadableCell) else "is neither JSON nor a Python list"
        raise UnreadableCell(why) from error


def _tree(text: str) -> ast.expr:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that Python would rather see doubled
        try:
            return _with_digits(text)
        except SyntaxError:
            return _with_digits(_NO_COMMA.sub(lambda hit: hit[1] or "}, {", text))


def _with_digits(text: str) -> ast.expr:
    """The tree, its numbers as they are written instead of as floats."""
    tree = ast.parse(text, mode="eval").body
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            node.value = ast.get_source_segment(text, node) or str(node.value)
    return tree


def _of_tree(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=str() | bool() | None as value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_of_tree(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {str(_of_tree(k)): _of_tree(v) for k, v in zip(keys, values, strict=True) if k is not None}
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=str() as digits)):
            return f"-{digits}"
        case ast.Call(func=ast.Name(id="Decimal"), args=[ast.Constant(value=str() as digits)], keywords=[]):
            return digits
        case ast.Call(func=ast.Name(id="array"), args=[ast.List(elts=items)]):
            return [_of_tree(item) for item in items]
    raise UnreadableCell("holds more than texts, numbers and lists")
