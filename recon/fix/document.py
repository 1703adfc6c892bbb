"""How does a fix plan read as a file? YAML that a person can review, edit and diff: the same plan, the same bytes.

Written line by line, every text quoted: tag values are hostile, and a plan must say exactly what it says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from recon.fix.planned import SCHEMA, Action, CodeChange, Held, Plan, money

_INTRODUCTION = """\
# What would mend the open findings. Nothing is written to a cloud before somebody approves this file:
#   tagrecon fix approve FILE      binds to these very bytes: an edit, of a comment too, makes another plan
#   tagrecon fix apply FILE        shows what would be done now; with --write it is done
# Per action: before -> after of each raw key, why, what was seen, how sure, and the newest period's money that
# would be where it belongs. Take out what should not be done, or write another value. A value shown as
# masked:... stands for the sensitive value with that mark.
"""
MOST_HELD = 2_000  # held-back entries that are listed; the others are counted, and stand in csv/fixes.csv


def write_plan(path: Path, plan: Plan) -> None:
    """Write the file. Actions in their order; of what is held back the first MOST_HELD."""
    path.write_text(plan_text(plan), encoding="utf-8", newline="\n")


def plan_text(plan: Plan) -> str:
    """The plan as YAML text."""
    activations = [a for a in plan.actions if a.activates]
    tags = [a for a in plan.actions if not a.activates]
    left_out = max(0, len(plan.held) - MOST_HELD)
    return "".join(
        [
            _INTRODUCTION,
            *_head(plan, tags, activations),
            *_list("actions", map(_action, tags)),
            *_list("activations", map(_action, activations)),
            *_list("code_changes", map(_code, plan.code)),
            f"held_back_left_out: {left_out}\n",
            *_list("held_back", map(_held, plan.held[:MOST_HELD])),
        ]
    )


def level(confidence: Decimal) -> str:
    """A confidence in a word: high, medium, low."""
    return "high" if confidence >= Decimal("0.9") else "medium" if confidence >= Decimal("0.6") else "low"


def quoted(text: str) -> str:
    """Text as a double-quoted YAML scalar: one line, everything that could mislead an eye escaped."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _head(plan: Plan, tags: Sequence[Action], activations: Sequence[Action]) -> Iterator[str]:
    head = plan.header
    yield f"schema: {quoted(SCHEMA)}\nauthor: {quoted(head.author)}\n"
    yield f"run_id: {quoted(head.run_id)}\nplanned_at: {quoted(head.planned_at)}\n"
    yield f"config_hash: {quoted(head.config_hash)}\nregistry_version: {quoted(head.registry_version)}\n"
    if head.narrowed:
        yield f"narrowed_to: [{', '.join(map(quoted, head.narrowed))}]\n"
    yield (
        f"counts: {{actions: {len(tags)}, activations: {len(activations)}, code_changes: {len(plan.code)}, "
        f"held_back: {len(plan.held)}}}\n"
    )
    yield f"by_verdict: {{{_counted(a.verdict for a in tags)}}}\n"
    yield f"held_back_because: {{{_counted(h.why for h in plan.held)}}}\n"
    yield from _list("recovered", (_money(*sums) for sums in money(plan.actions)))


def _counted(names: Iterator[str]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(Counter(names).items()))


def _list(name: str, items: Iterator[list[str]]) -> Iterator[str]:
    listed = list(items)
    yield f"{name}:\n" if listed else f"{name}: []\n"
    for first, *rest in listed:
        yield f"  - {first}\n"
        yield from (f"    {line}\n" for line in rest)


def _action(action: Action) -> list[str]:
    return [
        *_place(action),
        *_changes(action),
        f"verdict: {action.verdict}",
        f"why: {quoted(action.why)}",
        f"evidence: {quoted(action.evidence)}",
        f"signals: [{', '.join(map(quoted, action.signals))}]",
        f"finding: {quoted(action.finding)}",
        f"confidence: {action.confidence:.2f}  # {level(action.confidence)}",
        f"owner: {_or_null(action.owner)}",
        f"recovers: {{{', '.join(_money(action.currency, action.billed, action.effective))}}}",
        *_state(action),
    ]


def _place(action: Action) -> list[str]:
    target = action.target
    named = {
        "id": action.id, "provider": target.provider_id, "account": target.account_id, "region": target.region,
        "type": target.resource_type, "resource": target.resource_id, "key": action.key,
    }  # fmt: skip
    return [f"{name}: {quoted(text)}" for name, text in named.items()]


def _changes(action: Action) -> list[str]:
    return [
        "changes:",
        *(
            f"  - {{raw_key: {quoted(c.raw_key)}, before: {_or_null(c.before)}, after: {_or_null(c.after)}}}"
            for c in action.changes
        ),
    ]


def _state(action: Action) -> list[str]:
    if action.activates:
        return []
    if action.state is None:
        return ["state_seen: null  # not read"]
    told = [f"state_id: {_or_null(action.state_id)}"]
    if not action.state:
        return [*told, "state_seen: {}"]
    return [*told, "state_seen:", *(f"  {quoted(k)}: {quoted(v)}" for k, v in sorted(action.state.items()))]


def _code(code: CodeChange) -> list[str]:
    return [
        *_place(code.action),
        *_changes(code.action),
        f"why: {quoted(code.action.why)}",
        f"tool: {quoted(code.tool)}",
        f"address: {quoted(code.address)}",
        f"file: {_or_null(code.file)}",
        f"line: {'null' if code.line is None else code.line}",
        *_block("snippet", code.snippet),
        *([] if code.patch is None else _block("patch", code.patch)),
    ]


def _block(name: str, text: str) -> list[str]:
    """Several lines as a list of quoted ones: a block scalar would let hostile text run on."""
    return [f"{name}:", *(f"  - {quoted(line)}" for line in text.splitlines())]


def _held(held: Held) -> list[str]:
    return [
        *_place(held.action),
        f"because: {held.why}",
        f"why: {quoted(held.reason)}",
        f"recovers: {{{', '.join(_money(held.action.currency, held.action.billed, held.action.effective))}}}",
    ]


def _money(currency: str | None, billed: Decimal | None, effective: Decimal | None) -> list[str]:
    return [
        f"currency: {_or_null(currency)}",
        f"billed_cost: {_amount(billed)}",
        f"effective_cost: {_amount(effective)}",
    ]


def _amount(value: Decimal | None) -> str:
    """Exact, without trailing zeros or exponent; text, so that no reader makes it a binary number."""
    if value is None:
        return "null"
    plain = format(value, "f")
    return quoted(plain.rstrip("0").rstrip(".") if "." in plain else plain)


def _or_null(text: str | None) -> str:
    return "null" if text is None else quoted(text)
