"""How are signals asked in this run: which are on, what do CODEOWNERS files say, and what of them could not be read?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import polars as pl

from connectors.places import Located, list_files
from recon.config import RunConfig
from recon.config.fixing import Named
from recon.deliveries import named
from recon.errors import InputError, Unreachable
from recon.fix.plan import Asking
from recon.model import Gap
from recon.store.masking import Masker
from recon.store.store import StorePaths
from recon.suggest.codeowners import read_owners
from recon.suggest.confidence import SHADOWS
from recon.suggest.estate import OWNERS
from recon.suggest.signals.learned import available

_CALLED = "CODEOWNERS"
_LARGEST = 3_000_000  # bytes. Source: GitHub, About code owners: a larger file is not read


def asking_of(cfg: RunConfig, masker: Masker) -> tuple[Asking, list[Gap]]:
    """How the configuration asks signals, and gaps for CODEOWNERS files that lack or can't be read."""
    frames, gaps = [pl.DataFrame(schema=OWNERS)], []
    for rule in cfg.fix.codeowners:
        try:
            files = _files(cfg, rule)
        except Unreachable as error:
            gaps.append(Gap(error.kind, f"codeowners {rule.name}", error.reason, permission=error.permission))
            continue
        if not files:
            reason = "no CODEOWNERS file lies at its location; check `location:`"
            gaps.append(Gap("missing", f"codeowners {rule.name}", reason, touched=(rule.name,)))
        for file in files:
            name = named(file, cfg.base)
            read = _owners(file, name)
            if isinstance(read, str):
                gaps.append(Gap("unreadable", f"codeowners {rule.name}: {name}", read, touched=(rule.name,)))
            else:
                frames.append(read)
    modes = modes_of(cfg)
    if modes["learned"] != "off" and not available():
        reason = "scikit-learn is not installed: pip install 'tagrecon[learned]', or turn the signal off (fix: signals: learned: {mode: off})"
        gaps.append(Gap("not-installed", "signal learned", reason, limitation=True))
    return Asking(modes, pl.concat(frames), masker.token), gaps


def modes_of(cfg: RunConfig) -> dict[str, str]:
    """signal → on, shadow or off, as configured; a signal that is a shadow by itself stays one until `mode:` says otherwise."""
    said = {name: rule.mode for name, rule in cfg.fix.signals.items() if "mode" in rule.model_fields_set}
    return {**dict.fromkeys(SHADOWS, "shadow"), **said}


def owners_marks(cfg: RunConfig) -> Iterator[str]:
    """What tells whether CODEOWNERS files have changed: name and hash of each; "" for what can't be read."""
    for rule in cfg.fix.codeowners:
        try:
            for file in _files(cfg, rule):
                yield f"{file.name} {hashlib.sha256(file.fetch().read_bytes()).hexdigest()}"
        except (Unreachable, OSError):
            yield ""


def _owners(file: Located, name: str) -> pl.DataFrame | str:
    """What a file says, or why it can't be read."""
    if file.size > _LARGEST:
        return f"has more than {_LARGEST:,} bytes; split it"
    try:
        return read_owners(name, file.fetch().read_bytes().decode("utf-8-sig"))
    except Unreachable as error:
        return error.reason
    except (OSError, UnicodeDecodeError):
        return "can't be read as UTF-8 text"


def _files(cfg: RunConfig, rule: Named) -> list[Located]:
    """Those that are called CODEOWNERS; a single file that is named is read whatever it is called."""
    if rule.location.startswith("bigquery://"):
        raise InputError(
            f"fix: codeowners: {rule.name}: a table in BigQuery is no CODEOWNERS file; name a file"
        )
    files = sorted(list_files(rule.location, StorePaths(cfg.store).spool), key=lambda file: file.name)
    if len(files) == 1:
        return files
    return [file for file in files if file.name.rsplit("/", 1)[-1] == _CALLED]
