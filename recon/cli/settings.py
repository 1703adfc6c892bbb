"""Which configuration holds for this command, after the command line has had its say?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from recon.cli.options import DEFAULT_CONFIG
from recon.errors import InputError, Where

if TYPE_CHECKING:
    from recon.config import RunConfig


def configured(config: Path, *, store: Path | None = None, output: Path | None = None) -> RunConfig:
    """The checked configuration; InputError or InputErrors where it is missing or wrong."""
    if config == DEFAULT_CONFIG and not config.exists():
        raise InputError(
            "no configuration here. Write one (docs/configuration.md shows the smallest), name another with "
            "--config, or see the whole job on sample data: tagrecon demo --output tagrecon-demo",
            Where(config),
        )
    from recon.config import load_config

    # Absolute: a file must have one name, whatever the folder from which a run is started.
    return load_config(config.absolute(), overrides={"store": store, "output": output})
