"""Does the file fit our model, and if not: what is wrong, where, what is allowed, what was meant?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from recon.errors import InputError, InputErrors
from recon.hostile import looks_secret, shown
from recon.yaml_file.reading import Located, Spot

M = TypeVar("M", bound=BaseModel)
_MAPPING = "a mapping (`key: value` lines) is needed"
_PLAIN_WORDS = {
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "tuple_type": "a list is needed",
    "string_type": "text is needed",
    "bool_type": "true or false is needed",
    "bool_parsing": "true or false is needed",
    "int_type": "a whole number is needed",
    "int_parsing": "a whole number is needed",
    "decimal_type": "a number is needed",
    "decimal_parsing": "a number is needed",
    "date_type": "a day is needed, as YYYY-MM-DD",
}


class Strict(BaseModel):
    """Base of everything a user may write: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def validate(model: type[M], located: Located) -> M:
    """The file as a model instance. Validators get `context={"base": folder of the file}`.

    Raises InputErrors: all that does not fit, in line order, each with file:line and the nearest name.
    """
    try:
        return model.model_validate(located.data, context={"base": located.path.parent})
    except ValidationError as wrong:
        found = {str(e): e for e in (_friendly(detail, model, located) for detail in wrong.errors())}
        raise in_line_order(found.values()) from None


def in_line_order(errors: Iterable[InputError]) -> InputErrors:
    """All errors of one file as one, sorted as the user meets them when reading it."""
    return InputErrors(sorted(errors, key=lambda e: (e.where.line or 0) if e.where else 0))


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that `word` most likely meant, without regard to case; None when none is near."""
    by_folded = {name.casefold(): name for name in allowed}
    close = get_close_matches(word.casefold()[:200], by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def not_allowed(word: str, what: str, allowed: Iterable[str], inside: str = "") -> str:
    """The sentence for a name that is not one of `allowed`: what it is, what is allowed, the nearest."""
    names = list(allowed)
    near = nearest(word, names)
    listed = ", ".join(shown(n, 60) for n in names[:20]) + (", …" if len(names) > 20 else "")
    hint = f' Did you mean "{shown(near)}"?' if near is not None else ""
    return f"unknown {what} {_quoted(word)}{inside}; allowed: {listed or 'none'}.{hint}"


def dotted(spot: Spot) -> str:
    """A place as a person writes it: `billing[0].connector`."""
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{shown(p, 60)}" for p in spot)
    return text.removeprefix(".")


def _friendly(detail: ErrorDetails, model: type[BaseModel], located: Located) -> InputError:
    kind, given = detail["type"], detail.get("input")
    spot = _written_spot(detail["loc"], located.data, missing=kind == "missing")
    name, at = spot[-1] if spot else "", dotted(spot)
    if kind == "missing":
        return located.error(spot, f'"{name}" is missing{_inside(spot)}; add it')
    if kind == "extra_forbidden":
        allowed = _fields_at(model, detail["loc"][:-1])
        return located.error(spot, not_allowed(str(name), "key", allowed, _inside(spot)))
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        return located.error(spot, f"{at}: {not_allowed(str(given), 'value', allowed)}")
    message = _PLAIN_WORDS.get(kind) or detail["msg"].removeprefix("Value error, ")
    told = isinstance(given, dict | list) or _quoted(given) in message
    seen = "" if told else _but(given)
    if message[1:2].islower():  # pydantic's own sentences begin with a capital
        message = message[0].lower() + message[1:]
    return located.error(spot, f"{at}: {message}{seen}")


def _but(given: object) -> str:
    return " (nothing is written)" if given is None else f" (written: {_quoted(given)})"


def _quoted(given: object) -> str:
    return "(not shown: it looks like a secret)" if looks_secret(str(given)) else f'"{shown(given, 80)}"'


def _inside(spot: Spot) -> str:
    return f" in {dotted(spot[:-1])}" if len(spot) > 1 else ""


def _written_spot(loc: tuple[str | int, ...], data: Any, *, missing: bool) -> Spot:
    """pydantic's location without the names of union branches, which stand in no file."""
    spot: list[str | int] = []
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        in_dict = isinstance(data, dict) and part in data
        if in_dict or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            data = data[part]
        elif not (last and missing):
            continue
        spot.append(part)
    return tuple(spot)


def _fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The names that the model allows at `loc`."""
    here: list[Any] = [model]
    for part in loc:
        inner = [_unwrapped(field.annotation) for name, field in _fields_of(here) if name == part]
        items = [_unwrapped(get_args(t)[-1 if get_origin(t) is dict else 0]) for t in here if get_args(t)]
        here = [t for group in (inner or items) for t in group] or here
    return [name for name, _ in _fields_of(here)]


def _fields_of(types: list[Any]) -> list[tuple[str, FieldInfo]]:
    models = [t for t in types if isinstance(t, type) and issubclass(t, BaseModel)]
    return [(field.alias or name, field) for m in models for name, field in m.model_fields.items()]


def _unwrapped(annotation: Any) -> list[Any]:
    """The types inside Annotated and unions, None aside."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _unwrapped(get_args(annotation)[0])
    if origin in (None, dict, list, tuple):
        return [] if annotation is NoneType else [annotation]
    return [t for arg in get_args(annotation) for t in _unwrapped(arg)]
