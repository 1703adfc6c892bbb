"""Why does a charge have its verdict? One sentence that names the values which decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recon.hostile import shown
from reports.verdicts import verdict

RUNGS = {
    "billed": "the bill's own tag",
    "live": "the tag that was live on the day",
    "live-later": "a tag set live later",
    "expected": "what the catalogue or a binding container says",
    "inherited": "a container's tag",
    "default": "the registry's default",
    "shared": "a split of a shared pool",
}
Row = Mapping[str, Any]


def reason(row: Row) -> str:
    """The sentence for one row of the view `verdicts`. Text of tags in it is made harmless."""
    sentence = _SENTENCES.get(str(row["verdict"]))
    return sentence(row) if sentence else verdict(str(row["verdict"])).means


def _conflict(row: Row) -> str:
    if row["live_value"] is not None and row["billed_value"] is not None:
        return f"The bill says {_q(row['billed_value'])}, the resource itself {_q(row['live_value'])}."
    return "The bill line carries the key in two spellings with two values."


def _untagged(row: Row) -> str:
    looked = (
        "" if row["live_known"] else " Its live tags were not read here: what it carries now is not known."
    )
    return f"Required and taggable, but absent on the bill, live, and everywhere it could come from.{looked}"


def _live_only(why: str) -> Callable[[Row], str]:
    return lambda row: f"The resource carries {_q(row['live_value'])}, the bill line nothing: {why}."


def _q(value: object) -> str:
    return "nothing" if value is None else f'"{shown(value, 80)}"'


_SENTENCES: dict[str, Callable[[Row], str]] = {
    "ok": lambda row: f"The bill says {_q(row['billed_value'])}; it is valid and nothing contradicts it.",
    "inherited": lambda row: f"No valid value of its own; a container gives {_q(row['resolved_value'])}.",
    "variant": lambda row: (
        f"The bill means {_q(row['billed_value'])}, but key or value is not written as the "
        "registry writes it."
    ),
    "invalid": lambda row: (
        f"The bill says {_q(row['billed_value'])}, which the registry does not allow on that day."
    ),
    "wrong-owner": lambda row: (
        f"The bill says {_q(row['billed_value'])}, catalogue or binding container "
        f"{_q(row['expected_value'])}; it is paid as billed until someone decides."
    ),
    "conflict": _conflict,
    "tagged-late": _live_only("the tag was set after these days"),
    "lagging": _live_only("it was set so recently that the bill may still follow"),
    "not-activated": _live_only(
        "no line of this billing account's period carries the key, so it is not activated"
    ),
    "not-billed": _live_only("no reason can be proved"),
    "untagged": _untagged,
}
