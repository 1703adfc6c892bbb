"""What is each verdict called, in which order do verdicts stand, and which colour is theirs everywhere?

Colours are Okabe–Ito's, told apart by pattern as well: sixteen verdicts share eight hues, and no two share
hue and pattern. The style sheet holds the hex values (`.v-<verdict>`), this table the meaning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One verdict in the reader's words. `group`: owned, wrong, waiting or structural."""

    name: str
    means: str
    next_step: str
    group: str


_OWNED, _WRONG, _WAITING, _STRUCTURAL = "owned", "wrong", "waiting", "structural"

VERDICTS: tuple[Verdict, ...] = (
    Verdict("ok", "The billed value is valid and nothing contradicts it.", "nothing", _OWNED),
    Verdict("inherited", "No own value; a container gives a valid one.", "nothing, or tag directly", _OWNED),
    Verdict("not-required", "Absent, and not required here or exempt.", "nothing", _OWNED),
    Verdict(
        "variant", "Right, but written otherwise than the canonical form.", "normalize the spelling", _WRONG
    ),
    Verdict("invalid", "The billed value is not in the registry on that day.", "correct the value", _WRONG),
    Verdict("wrong-owner", "Valid, but catalogue or container names another.", "correct, or confirm", _WRONG),
    Verdict("conflict", "Two values that contradict each other.", "find out which is right", _WRONG),
    Verdict("tagged-late", "The tag was set after the charge's day.", "reallocate the earlier days", _WRONG),
    Verdict("lagging", "Set live too recently to be on the bill yet.", "wait", _WAITING),
    Verdict(
        "not-activated", "Live carries the key, no bill line does.", "activate the key, backfill", _WRONG
    ),
    Verdict("not-billed", "Live carries it, the bill does not.", "wait a night, then ask why", _WRONG),
    Verdict("untagged", "Required, taggable, absent everywhere.", "tag", _WRONG),
    Verdict("unknown-resource", "Billed, never seen in a complete inventory.", "decide by account", _WRONG),
    Verdict("deleted", "Billed, seen before, gone now.", "decide by account", _WRONG),
    Verdict("untaggable", "Type or class carries no tags here.", "allocation rule", _STRUCTURAL),
    Verdict(
        "shared", "No resource: tax, support, transfer, commitment, fee.", "allocation rule", _STRUCTURAL
    ),
)
BY_NAME = {verdict.name: verdict for verdict in VERDICTS}
PLACE = {verdict.name: place for place, verdict in enumerate(VERDICTS)}


def verdict(name: str) -> Verdict:
    """The verdict of that name; an unknown one keeps its name and stands last, it is never dropped."""
    return BY_NAME.get(name) or Verdict(name, "A verdict this report does not know.", "ask", _STRUCTURAL)


def css_class(name: str) -> str:
    """The class that gives the verdict its colour; unknown names share one, so no text reaches the style."""
    return f"v-{name}" if name in BY_NAME else "v-unknown"
