"""Which fixes belong into code, and what is to be written there?

A resource that Terraform, CloudFormation or another tool manages is never written through its API: the next apply of the code would
undo it. The plan says file and line where they are known, and what to write; beside it lies one patch of all that can be patched.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence

import duckdb

from connectors.terraform.patch import Splice, diff, snippet, splices
from connectors.terraform.source import Block, Sources
from recon.config import RunConfig
from recon.fix.planned import Action, CodeChange
from recon.hostile import MASK

_MANAGED = """
SELECT x_ProviderId, ResourceId, tool, address, file FROM managed_resources
WHERE in_inventory AND ResourceId IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL"""


def in_code(
    con: duckdb.DuckDBPyConnection, cfg: RunConfig, actions: Sequence[Action]
) -> dict[str, CodeChange]:
    """Action id → the change in code, of those actions whose resource code manages."""
    wanted = sorted({a.target.resource_id for a in actions if not a.activates})
    rows = con.execute(_MANAGED, [wanted]).fetchall() if wanted else []
    managed = {
        (provider, resource): (tool, address or "", file) for provider, resource, tool, address, file in rows
    }
    sources = _sources(cfg) if managed else None
    found = {}
    for action in actions:
        hit = managed.get((action.target.provider_id, action.target.resource_id))
        if hit is not None and not action.activates:
            found[action.id] = _change(action, *hit, sources)
    return found


def patch_of(cfg: RunConfig, changes: Sequence[CodeChange]) -> str:
    """One unified diff of all changes that can be patched, file by file. Where two want the same place to say different things, neither is in it."""
    sources = _sources(cfg)
    blocks: dict[tuple[str, int], Block] = {}
    wanted: dict[tuple[str, int], dict[str, set[str]]] = {}
    for change in changes:
        block = sources.find(change.address) if sources and change.tool == "terraform" else None
        if block is None or _edits(change.action, block) is None:
            continue
        at = block.file, block.line
        blocks[at] = block
        for each in change.action.changes:
            wanted.setdefault(at, {}).setdefault(each.raw_key, set()).add(each.after or "")
    edits: dict[str, list[Splice]] = {}
    texts: dict[str, str] = {}
    for at, block in sorted(blocks.items()):
        agreed = {key: min(values) for key, values in wanted[at].items() if len(values) == 1}
        texts[block.file] = block.text
        edits.setdefault(block.file, []).extend(splices(block, agreed) or () if agreed else ())
    return "".join(diff(file, texts[file], each) for file, each in sorted(edits.items()) if each)


def _sources(cfg: RunConfig) -> Sources | None:
    if not cfg.fix.sources or importlib.util.find_spec("hcl2") is None:
        return None
    return Sources([(source.name, source.location) for source in cfg.fix.sources])


def _change(action: Action, tool: str, address: str, file: str | None, sources: Sources | None) -> CodeChange:
    tags = {c.raw_key: c.after or "" for c in action.changes}
    if tool == "cloudformation":
        return CodeChange(action, tool, address, None, None, _stack(address, tags))
    block = sources.find(address) if sources and tool == "terraform" else None
    kind = block.kind if block else _kind(address)
    text = snippet(kind, tags)
    if block is None:
        return CodeChange(action, tool, address, file, None, text)
    edits = _edits(action, block)
    made = diff(block.file, block.text, edits) if edits else None
    return CodeChange(action, tool, address, block.file, block.line, text, made)


def _edits(action: Action, block: Block) -> list[Splice] | None:
    tags: Mapping[str, str] = {c.raw_key: c.after or "" for c in action.changes}
    if any(MASK.fullmatch(value) for value in tags.values()):
        return None  # what stands behind a mark is not for a file that others read
    return splices(block, tags)


def _kind(address: str) -> str:
    return address.rpartition("module.")[2].split(".")[-2] if "." in address else address


def _stack(address: str, tags: Mapping[str, str]) -> str:
    """What must stand in the template of a stack; JSON, which is YAML too."""
    logical = address.rpartition("/")[2] or "<logical id>"
    pairs = "\n".join(
        f"        - {{Key: {json.dumps(k)}, Value: {json.dumps(v)}}}" for k, v in sorted(tags.items())
    )
    return f"Resources:\n  {logical}:\n    Properties:\n      Tags:\n{pairs}"
