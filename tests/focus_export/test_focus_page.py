"""Does docs/focus-export.md tell users every rule?"""

from __future__ import annotations

from pathlib import Path

from recon.focus_export import VERSIONS, columns_of, is_verified
from recon.focus_export.rules import stages

PAGE = (Path(__file__).parents[2] / "docs" / "focus-export.md").read_text(encoding="utf-8")


def test_every_rule_stands_in_the_page_with_its_reason() -> None:
    lines = PAGE.splitlines()
    rules = {(rule.column, rule.why) for stage in stages() for rule in stage}
    untold = [
        (c, why)
        for c, why in sorted(rules)
        if not any(f"`{c}`" in x and x.endswith(f"| {why} |") for x in lines)
    ]
    assert untold == []


def test_the_page_says_which_releases_are_unverified() -> None:
    for version in VERSIONS:
        (line,) = [
            x for x in PAGE.splitlines() if x.startswith((f"| {version} |", f"| {version} (default) |"))
        ]
        assert f"| {len(columns_of(version))} |" in line
        assert ("**unverified**" in line) is not is_verified(version)
