"""Does a password stand in the configuration? It is refused, and never repeated in the message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from recon.errors import InputError
from recon.hostile import looks_secret, shown
from recon.yaml_file import Located, Spot

_SECRET_KEY = re.compile(
    r"(?i)pass(word|wd|phrase)|secret|token|api_?key|(access|account|private|client)_?key|mask_?key"
    r"|credential|connection_?string|^sas$"
)
_REFERENCE = re.compile(r"\$\{[A-Za-z_]\w*\}")
_NEXT = "name an environment variable instead, such as ${TAGRECON_MASK_KEY}, or use the cloud's own login"


def literal_secrets(located: Located) -> list[InputError]:
    """One error per place that holds, or by its name must hold, a secret written out."""
    return [
        located.error(spot, f'a secret is written out under "{shown(spot[-1], 60)}"; {_NEXT}')
        for spot, text in _texts(located.data, ())
        if not _REFERENCE.fullmatch(text.strip()) and (looks_secret(text) or _named_secret(spot))
    ]


def _named_secret(spot: Spot) -> bool:
    return isinstance(spot[-1], str) and bool(_SECRET_KEY.search(spot[-1]))


def _texts(data: Any, spot: Spot) -> Iterator[tuple[Spot, str]]:
    if isinstance(data, str):
        yield spot, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(value, (*spot, key))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from _texts(value, (*spot, i))
