"""What does a person mean who asks to explain something: a resource, an account of the ledger, or an entry?"""

from __future__ import annotations

import re

from recon.cli.conclusion import echo_json
from recon.config import RunConfig
from recon.errors import InputError
from recon.explain.account import (
    KINDS,
    Told,
    explain_account,
    explain_entry,
    is_entry,
    is_name,
    known_account,
)
from recon.explain.find import find
from recon.registry import Registry
from reports.questions import Store

_ENTRY = "entry:"


def told_of(store: Store, wanted: str, periods: tuple[str, str] | None) -> Told | None:
    """The account or entry that is meant; None where a resource is, or where `find` shall say what is wrong.

    What is written like an account or entry is one; a bare name is one where no resource has it."""
    if wanted.startswith(_ENTRY):
        return explain_entry(store, wanted.removeprefix(_ENTRY).strip().lower())
    if re.fullmatch(r"[0-9a-f]{16}", wanted) and is_entry(store, wanted):
        return explain_entry(store, wanted)
    if wanted.partition(":")[0] not in KINDS:
        if not is_name(store, wanted):
            return None  # looking for a resource is the longer search
        try:
            find(store, wanted)
        except InputError as error:
            if "no resource" not in str(error):
                return None
        else:
            return None
    account = known_account(store, wanted)
    return explain_account(store, account, periods) if account is not None else None


def print_or_json(
    cfg: RunConfig, registry: Registry, store: Store, told: Told, lines: int, as_json: bool
) -> None:
    """Say it on stdout; `lines`: how many bill lines to read again, and how long tables may be."""
    from recon.explain.charge_lines import charge_lines

    found = charge_lines(cfg, registry, told.pools, told.entries, lines)
    if as_json:
        echo_json({**told.as_json(), **found.as_json()})
        return
    from recon.cli.entry_text import print_told

    print_told(told, found, lines)
