"""What of a read does Google Cloud want back with the write? As one text, so that it can lie between the two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Version:
    """`lock`: of the labels; `parent`: the name by which tags are attached; `bindings`: key of each tag that the
    resource carries itself → the binding's name, None where the tags could not be read."""

    lock: str
    parent: str
    bindings: Mapping[str, str] | None

    def text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def version_of(text: str | None) -> Version | None:
    """What `text` says; None where it is none of ours."""
    try:
        said = json.loads(text or "")
        return Version(said["lock"], said["parent"], said["bindings"])
    except (ValueError, KeyError, TypeError):
        return None
