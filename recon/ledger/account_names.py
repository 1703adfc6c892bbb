"""Under which names does a journal keep the ledger's accounts?

A plain-text ledger allows letters, digits and dashes only, and a capital or a digit first; owners are what
anyone in the company typed. So a name is folded, and where two texts fold to the same one, or nothing is left
of a text, each gets a piece of its hash: two accounts never become one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

_KINDS = {"owner": "Owners", "shared": "Shared", "unallocated": "Unallocated"}
_LONGEST = 60
_SHORTEST_HASH = 8


def account_names(accounts: Iterable[str]) -> dict[str, str]:
    """Ledger account → journal account: `owner:payments` → `Expenses:Owners:Payments`.

    Distinct in, distinct out, and the same whatever their order. Source of the rule for names: beancount's
    language reference, "Accounts".
    """
    tree: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for account in sorted(set(accounts)):
        kind, colon, name = account.partition(":")
        known = bool(colon) and kind in _KINDS
        tree[_KINDS[kind] if known else "Other"].append((account, name if known else account))
    names: dict[str, str] = {}
    for branch, members in tree.items():
        legal = components(name for _, name in members)
        names |= {account: f"Expenses:{branch}:{legal[name]}" for account, name in members}
    return names


def payer_names(payers: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(Provider, billing account) → journal account: `Liabilities:Aws:400100200300`. Distinct stays distinct."""
    below: dict[str, list[str]] = defaultdict(list)
    for provider, payer in sorted(set(payers)):
        below[provider].append(payer)
    providers = components(below)
    names: dict[tuple[str, str], str] = {}
    for provider, ids in below.items():
        legal = components(ids)
        names |= {(provider, payer): f"Liabilities:{providers[provider]}:{legal[payer]}" for payer in ids}
    return names


def components(texts: Iterable[str]) -> dict[str, str]:
    """Text → one component of an account's name; no two texts share one."""
    folded = {text: _folded(text) for text in sorted(set(texts))}
    hashed = {text for text, name in folded.items() if not name or len(name) > _LONGEST}
    length = _SHORTEST_HASH
    names = _named(folded, hashed, length)
    while clash := _sharing(names):
        if clash <= hashed:
            length += _SHORTEST_HASH
        hashed |= clash  # a text may look like another one's hashed name: then it is hashed too
        names = _named(folded, hashed, length)
    return names


def _sharing(names: Mapping[str, str]) -> set[str]:
    """The texts whose name is somebody else's too."""
    times = Counter(names.values())
    return {text for text, name in names.items() if times[name] > 1}


def _named(folded: Mapping[str, str], hashed: set[str], length: int) -> dict[str, str]:
    return {
        text: f"{name[:_LONGEST]}-{_hash(text)[:length]}".lstrip("-") if text in hashed else name
        for text, name in folded.items()
    }


def _folded(text: str) -> str:
    """Accents fall off, every run of other characters becomes one dash, the first letter is a capital."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    name = re.sub("[^A-Za-z0-9]+", "-", bare).strip("-")
    return name[:1].upper() + name[1:]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest().upper()
