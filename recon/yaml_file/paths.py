"""Where does a written path lead? It is relative to the file that names it, so that a checkout can move."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from recon.yaml_file.fields import Text


def _base(info: ValidationInfo) -> Path:
    context: dict[str, Path] = info.context or {}
    return context.get("base", Path())


def _not_blank(text: str) -> None:
    if not text.strip():
        raise ValueError("a path is needed")


def _path(path: Path, info: ValidationInfo) -> Path:
    _not_blank(str(path))
    return _base(info) / path.expanduser()


def _location(text: str, info: ValidationInfo) -> str:
    _not_blank(text)
    return text if "://" in text else str(_base(info) / Path(text).expanduser())


RelativePath = Annotated[Path, AfterValidator(_path), WithJsonSchema({"type": "string"})]
Location = Annotated[Text, AfterValidator(_location), WithJsonSchema({"type": "string"})]
