"""Do protected things stay out of a plan, and does no plan grow beyond its caps?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from acting import action

from recon.config.fixing import Caps, Protected
from recon.fix.guards import guarded
from recon.registry import Registry, load_registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "registry.yaml").write_text(
        "version: 1\nowner: cost-center\nkeys:\n  cost-center: {required: true}\n  team: {fixes: {protected: true}}\n"
    )
    return load_registry(tmp_path / "registry.yaml")


LIVE = {"aws": 100}


@pytest.mark.parametrize(
    ("protected", "reason"),
    [
        (Protected(keys=("cost-*",)), "fix.protected.keys names it"),
        (Protected(resources=("arn:*:prod-*",)), "fix.protected.resources names it"),
        (Protected(accounts=("1",)), "fix.protected.accounts names its account"),
    ],
)
def test_what_the_configuration_protects_is_held_back(
    protected: Protected, reason: str, registry: Registry
) -> None:
    kept, held = guarded([action("arn:x:prod-1")], protected, Caps(), registry, LIVE)
    assert not kept
    assert (held[0].why, reason in held[0].reason) == ("protected", True)


def test_what_the_registry_protects_is_held_back(registry: Registry) -> None:
    kept, held = guarded([action("a", key="team"), action("a")], Protected(), Caps(), registry, LIVE)
    assert [a.key for a in kept] == ["cost-center"]
    assert "The registry protects the key team" in held[0].reason


def test_the_dearest_stay_in_when_there_are_too_many(registry: Registry) -> None:
    actions = [
        action("a", effective="1"),
        action("b", effective="9"),
        action("c", effective="5"),
        action("d", effective="5"),
    ]
    kept, held = guarded(actions, Protected(), Caps(actions=2, share=Decimal(1)), registry, LIVE)
    assert "b" in [a.target.resource_id for a in kept]
    assert len(kept) == 2
    assert {h.why for h in held} == {"capped"}
    assert (
        guarded(actions[::-1], Protected(), Caps(actions=2, share=Decimal(1)), registry, LIVE)[0]
        == kept[::-1]
    )


def test_a_share_of_the_estate_counts_resources_and_not_keys(registry: Registry) -> None:
    actions = [action("a"), action("a", key="environment"), action("b"), action("c")]
    kept, _ = guarded(actions, Protected(), Caps(share=Decimal("0.02")), registry, {"aws": 100})
    assert len({a.target.resource_id for a in kept}) == 2


def test_money_is_capped_per_currency_and_refunds_count_too(registry: Registry) -> None:
    actions = [action("a", effective="-8"), action("b", effective="5"), action("c", effective="2")]
    kept, held = guarded(actions, Protected(), Caps(money={"USD": Decimal(10)}), registry, LIVE)
    assert [a.target.resource_id for a in kept] == ["b", "c"]
    assert "fix.caps.money allows 10 USD" in held[0].reason


def test_keys_that_the_provider_keeps_for_itself_are_never_planned(registry: Registry) -> None:
    _, held = guarded([action("a", raw_key="aws:createdBy")], Protected(), Caps(), registry, LIVE)
    assert "keeps aws:createdBy for itself" in held[0].reason
