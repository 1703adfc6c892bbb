"""How does Google's own FOCUS say its labels and tags?

The native export has no Tags: x_Labels, x_ProjectLabels and x_Tags hold them. The view that Google gave people before
puts labels, project labels, tags and system labels into one list of Tags, each with its x_type. All else is FOCUS.
Both forms are known from public copies of their schemas, not from Google's specification.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb

from connectors.bill.shape import INHERITED, Opening, Shaped, text_of
from connectors.bill.table import Head
from connectors.focus import cost_and_usage

NAME = "gcp-focus"
_MARKS = {"x_labels", "x_exporttime", "x_costtype"}
# A list of {key, value, namespace} out of lists whose structs are spelled otherwise
_LABELS = "list_transform(coalesce({list}, []), lambda p: {{'key': p.Key, 'value': p.Value, 'namespace': NULL::VARCHAR}})"
_TAGS = (
    "list_transform(list_filter(coalesce({list}, []), lambda t: {test}), "
    "lambda t: {{'key': t.Key, 'value': t.Value, 'namespace': t.x_Namespace}})"
)


def recognizes(columns: Collection[str], defaults: Mapping[str, str]) -> bool:
    """FOCUS with columns that only Google's exports have."""
    folded = {c.strip().lower() for c in columns}
    return bool(folded & _MARKS) and cost_and_usage.recognizes(columns, defaults)


def title(head: Head) -> str:
    """FOCUS and the version that its columns show."""
    return cost_and_usage.title(head)


def shape(opening: Opening, head: Head) -> Shaped:
    """The file in FOCUS words. Raises `DeliveryRefused` for what can't be loaded."""
    _prepare(opening.con)
    types = {name.strip().lower(): column.type.lower() for name, column in head.columns.items()}
    if "tags" not in types and _has_fields(types.get("x_labels", "")):
        labels, inherited = _native(types)
    elif "x_type" in types.get("tags", ""):
        labels, inherited = _view()
    else:
        return cost_and_usage.shape(opening, head)
    own, direct = labels
    taken, project = inherited
    said = {
        "Tags": f"json_tags(list_concat({own}, beside({direct}, keys_of({own}))))",
        INHERITED: f"json_tags(list_concat(beside({taken}, []::VARCHAR[]), below({project}, keys_of({taken}))))",
    }
    return cost_and_usage.shape(opening, head, said)


Pair = tuple[str, str]


def _native(types: Mapping[str, str]) -> tuple[Pair, Pair]:
    """(labels, direct tags), (inherited tags, project labels) of the native export."""
    nothing = "[]::STRUCT(key VARCHAR, value VARCHAR, namespace VARCHAR)[]"
    tags = _has_fields(types.get("x_tags", "")) and "x_inherited" in types["x_tags"]
    direct = _TAGS.format(list='"x_Tags"', test="NOT coalesce(t.x_Inherited, false)") if tags else nothing
    taken = _TAGS.format(list='"x_Tags"', test="coalesce(t.x_Inherited, false)") if tags else nothing
    projects = _has_fields(types.get("x_projectlabels", ""))
    project = _LABELS.format(list='"x_ProjectLabels"') if projects else nothing
    return (_plain(_LABELS.format(list='"x_Labels"')), direct), (taken, _plain(project))


def _view() -> tuple[Pair, Pair]:
    """The same out of the one list of the older view; system labels are Google's own, and left where they are."""
    kinds = {
        "own": "t.x_type = 'label'",
        "direct": "t.x_type = 'tag' AND NOT coalesce(t.x_inherited, false)",
        "taken": "t.x_type = 'tag' AND coalesce(t.x_inherited, false)",
        "project": "t.x_type = 'project_label'",
    }
    lists = {name: _TAGS.format(list='"Tags"', test=test) for name, test in kinds.items()}
    return (_plain(lists["own"]), lists["direct"]), (lists["taken"], _plain(lists["project"]))


def _plain(pairs: str) -> str:
    return f"list_transform({pairs}, lambda p: {{'key': p.key, 'value': p.value}})"


def _has_fields(kind: str) -> bool:
    return kind.startswith("struct(") and kind.endswith("[]")


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    for statement in text_of("words.sql", "connectors.gcp").split(";\n"):
        if statement.strip():
            con.execute(statement)
