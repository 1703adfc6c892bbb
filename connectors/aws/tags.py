"""Where do the tags of a report's line stand, and as what JSON do they reach the registry?

Legacy reports have a column per key; an empty cell says that the line has no such tag. CUR 2.0 has maps, in which a
key is there or not, and an empty value is a value. Its newer `tags` map holds what tags of every origin say, each key
behind the name of its origin. Keys keep the prefix that tells users' from AWS's own.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from connectors.aws.columns import Columns, Named

RESOURCE, ACCOUNT, CATEGORY = "resourceTags/", "accountTag/", "costCategory/"
PRINCIPAL, USER = "iamPrincipal/", "userAttribute/"
_ELSEWHERE = (ACCOUNT, CATEGORY, PRINCIPAL, USER)
_NONE = "NULL::VARCHAR"


def own_tags(columns: Columns) -> str:
    """SQL over the relation: the line's own tags as a JSON object, from the strongest form that the file has."""
    forms = []
    if "tags" in columns.maps:
        forms.append(_resource_part(columns.maps["tags"]))
    if "resource_tags" in columns.maps:
        forms.append(_as_json("resource_tags", columns.maps["resource_tags"]))
    elif columns.tags:
        forms.append(_filled({key: f"tag_{n}" for n, key in enumerate(columns.tags)}))
    if not forms:
        return _NONE
    if len(forms) == 1:
        return forms[0]
    return "coalesce({})".format(", ".join(f"nullif({form}, '{{}}')" for form in forms))


def part_of_tags(prefix: str, keys: Mapping[str, str]) -> str:
    """SQL over the relation: the entries of `tags` behind one prefix, as a JSON object; `keys`: column of the
    relation → key of the map (see `columns_of_part`)."""
    found = {key.removeprefix(prefix): column for column, key in keys.items() if key.startswith(prefix)}
    return f"nullif({_filled(found, blank=True)}, '{{}}')" if found else _NONE


def columns_of_part(columns: Columns, prefix: str, keys: list[str]) -> dict[str, tuple[str, str]]:
    """Column to add to the relation → (key of `tags` that it holds, the SQL that takes it out, a line at a time)."""
    wanted = [k for k in keys if k.startswith(prefix)]
    name = {ACCOUNT: "account", CATEGORY: "category", PRINCIPAL: "principal", USER: "user"}[prefix]
    return {f"{name}_tag_{n}": (k, entry(columns.maps["tags"], k)) for n, k in enumerate(wanted)}


def cost_categories(columns: Columns, from_tags: str) -> str:
    """SQL over the relation: cost categories as a JSON object."""
    if "cost_category" in columns.maps:
        own = _as_json("cost_category", columns.maps["cost_category"])
    elif columns.cost_categories:
        own = f"nullif({_filled({key: f'category_{n}' for n, key in enumerate(columns.cost_categories)})}, '{{}}')"
    else:
        return from_tags
    return own if from_tags == _NONE else f"coalesce({from_tags}, {own})"


def as_json_or_null(columns: Columns, name: str) -> str:
    """SQL over the relation: a nested column as JSON text; NULL where the file has none."""
    return _as_json(name, columns.maps[name]) if name in columns.maps else _NONE


def keys_of_tags(con: duckdb.DuckDBPyConnection, columns: Columns, relation: str) -> list[str]:
    """The keys that occur in the `tags` map, those of the resources' own tags aside."""
    if "tags" not in columns.maps:
        return []
    listed = (
        "map_keys(tags)"
        if _is_map(columns.maps["tags"])
        else "json_keys(CASE WHEN json_valid(tags::VARCHAR) THEN tags::JSON END)"
    )
    elsewhere = " OR ".join(f"starts_with(k, '{prefix}')" for prefix in _ELSEWHERE)
    query = (
        f"SELECT DISTINCT k FROM (SELECT unnest({listed}) AS k FROM {relation}) WHERE {elsewhere} ORDER BY k"
    )
    return [row[0] for row in con.execute(query).fetchall()]


def entry(found: Named, key: str) -> str:
    """SQL over the file: the value of one key of a nested column, text; NULL where the line lacks it."""
    if _is_map(found):
        return f"{found.column.sql}[{_text(key)}]"
    pointer = _text("/" + key.replace("~", "~0").replace("/", "~1"))
    text = found.column.sql if found.column.type == "VARCHAR" else f"to_json({found.column.sql})::VARCHAR"
    return f"CASE WHEN json_valid({text}) THEN json_extract_string({text}, {pointer}) END"


def _resource_part(found: Named) -> str:
    """The resource's own entries of `tags`, by the keys of the legacy report (user:K, aws:K). Text that is no JSON
    object stays as it is, so that its row is quarantined with it; a key of an unknown origin stays too."""
    elsewhere = " OR ".join(f"starts_with(e.key, '{prefix}')" for prefix in _ELSEWHERE)
    rest = f"substr(e.key, {len(RESOURCE) + 1})"
    key = (
        f"CASE WHEN NOT starts_with(e.key, '{RESOURCE}') THEN e.key "
        f"WHEN starts_with({rest}, 'aws:') OR starts_with({rest}, 'user:') THEN {rest} ELSE concat('user:', {rest}) END"
    )
    entries = (
        "map_entries(tags)" if _is_map(found) else "map_entries(from_json(tags, '\"MAP(VARCHAR,VARCHAR)\"'))"
    )
    own = f"list_filter({entries}, lambda e: NOT ({elsewhere}))"
    renamed = f"to_json(map_from_entries(list_transform({own}, lambda e: {{k: {key}, v: e.value}})))::VARCHAR"
    return f"coalesce(try({renamed}), {_as_json('tags', found)})"


def _filled(keys: Mapping[str, str], *, blank: bool = False) -> str:
    """A JSON object of those columns that hold something (`blank`: or an empty text)."""
    entries = ", ".join(f"{{k: {_text(key)}, v: {column}}}" for key, column in keys.items())
    test = "e.v IS NOT NULL" if blank else "e.v <> ''"
    return f"to_json(map_from_entries(list_filter([{entries}], lambda e: {test})))::VARCHAR"


def _as_json(name: str, found: Named) -> str:
    return name if found.column.type == "VARCHAR" else f"to_json({name})::VARCHAR"


def _is_map(found: Named) -> bool:
    return found.column.type.upper().startswith("MAP")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
