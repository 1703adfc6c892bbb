"""When does an approval that was rightly signed allow nothing any more?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from acting import action

from recon.config.fixing import Fixing
from recon.fix.approvals import Standing, lapsed, still_may
from recon.registry import Registry, load_registry

SIGNED = Standing("s1", "bea", "2026-11-03T06:00:00Z", "2026-12-31T00:00:00Z", "untagged", "cost-center")


def registry(folder: Path, keys: str = "cost-center: {required: true}") -> Registry:
    (folder / "registry.yaml").write_text(f"version: 1\nowner: owner\nkeys:\n  owner: {{}}\n  {keys}\n")
    return load_registry(folder / "registry.yaml")


@pytest.mark.parametrize(("names", "may"), [([], True), (["bea", "carl"], True), (["carl"], False)])
def test_an_approval_outlives_the_role_of_who_signed_it(names: list[str], may: bool, tmp_path: Path) -> None:
    fixing = Fixing.model_validate({"roles": {"approve": names}})
    assert still_may("bea", fixing) is may
    assert (
        "bea, who signed it, may not approve any more" in lapsed(SIGNED, registry(tmp_path), fixing)
    ) is not may


def test_a_standing_approval_outlives_the_protection_or_removal_of_its_key(tmp_path: Path) -> None:
    assert lapsed(SIGNED, registry(tmp_path), Fixing()) == ""
    guarded = registry(tmp_path, "cost-center: {required: true, fixes: {protected: true}}")
    assert "protects the key cost-center" in lapsed(SIGNED, guarded, Fixing())
    assert "no key cost-center any more" in lapsed(SIGNED, registry(tmp_path, "other: {}"), Fixing())


def test_a_cap_of_money_lets_through_what_has_no_price() -> None:
    capped = replace(SIGNED, money={"USD": Decimal(10)})
    nothing, priced, foreign = (
        action("i-1", effective=None),
        action("i-2"),
        replace(action("i-3"), currency="EUR"),
    )
    half = replace(action("i-4"), effective=None)
    assert capped.within([nothing, priced, foreign, half]) == [priced]
    assert SIGNED.within([nothing, foreign]) == [nothing, foreign]
