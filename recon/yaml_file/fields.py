"""Which kinds of fields do our YAML files share, and how may each be written?"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema


def _text(value: object) -> object:
    if value is None:
        raise ValueError('text is needed; put it in quotes if the word "null" is meant')
    return value


def _day(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            raise ValueError("a day is needed, as YYYY-MM-DD")
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise ValueError("no such day in the calendar; write YYYY-MM-DD") from None
    return value


def _many(value: object) -> object:
    return value if isinstance(value, list | tuple | NoneType) else [value]


AsList = BeforeValidator(_many)


@dataclass(frozen=True)
class OneOrMany:
    """Marks a list field that may also be written as its one item; the JSON Schema then says so."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        many = handler(core)
        return {"anyOf": [many["items"], many]}


class OrText:
    """Marks a mapping that may also be written as one plain word; the JSON Schema then says so."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [dict(_ANY_SCALAR), handler(core)]}


@dataclass(frozen=True)
class Shaped:
    """Marks text whose whole must match `pattern`; `words` say so to a person."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": ["string", "number"], "pattern": f"^(?:{self.pattern})$"}

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise ValueError(self.words)
        return text


_ANY_SCALAR = {"type": ["string", "number", "boolean"]}  # an editor reads `on` as a boolean
_AS_WRITTEN = WithJsonSchema(_ANY_SCALAR)
Text = Annotated[str, BeforeValidator(_text), _AS_WRITTEN]
Texts = Annotated[tuple[Text, ...], AsList, OneOrMany()]
Name = Annotated[
    Text,
    Shaped(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "a name of 1 to 64 letters, digits and . _ - is needed"),
]
Day = Annotated[dt.date, BeforeValidator(_day)]
