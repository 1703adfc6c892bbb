"""Does every live inventory keep the contract of recon/snapshot/listing.py, over its own SDK and its loopback cloud?

What only one cloud has (roles, expired tokens, quota headers, clocks) is tested where its connector is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.azure.inventory import lister as azure_lister
from connectors.inventories import LISTERS, open_lister
from recon.config import Inventory
from recon.errors import InputError, Unreachable
from recon.snapshot.listing import Lister, Resource, Unit, Unseen
from tests.clouds.contract_stand import FOREVER, HOSTILE, Row, Stand
from tests.clouds.contract_stands import STANDS

_FIELDS = ("account", "region", "type", "id", "name", "container", "tags")


@dataclass(frozen=True)
class Told:
    """What a lister said in one go."""

    rows: list[Row]
    unseen: list[Any]
    broken: list[Any]


@pytest.fixture(scope="module", params=STANDS, ids=lambda kind: kind.name)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    stand: Stand = request.param()
    stand.start(tmp_path_factory.mktemp(stand.name))
    yield stand
    stand.stop()


@pytest.fixture
def stand(running: Stand, monkeypatch: pytest.MonkeyPatch) -> Stand:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(azure_lister, "BATCH", 1)  # two subscriptions are two units
    running.load(running.rows, page=3)
    return running


def told(lister: Lister, workers: int = 1) -> Told:
    """All units, `workers` at a time; what a unit said before it broke is not told."""
    rows: list[Row] = []
    unseen: list[Unseen] = []
    broken: list[Unreachable] = []

    def one(unit: Unit) -> list[Resource | Unseen] | Unreachable:
        try:
            return list(lister.resources(unit))
        except Unreachable as error:
            return error

    try:
        named = list(lister.units())
        unseen += [each for each in named if isinstance(each, Unseen)]
        with ThreadPoolExecutor(workers) as pool:
            for said in pool.map(one, [each for each in named if isinstance(each, Unit)]):
                if isinstance(said, Unreachable):
                    broken.append(said)
                    continue
                unseen += [each for each in said if isinstance(each, Unseen)]
                rows += [{f: getattr(r, f) for f in _FIELDS} for r in said if isinstance(r, Resource)]
        asked = list(lister.activations())
        unseen += [each for each in asked if isinstance(each, Unseen)]
    finally:
        lister.close()
    return Told(sorted(rows, key=lambda each: each["id"]), unseen, broken)


def expected(stand: Stand) -> list[Row]:
    return sorted([*stand.rows, *stand.more], key=lambda each: each["id"])


def once(rows: list[Row]) -> list[Row]:
    """Without what a listing that began anew named again."""
    return list({json.dumps(each): each for each in rows}.values())


def test_what_was_loaded_is_listed_row_for_row_over_all_pages(stand: Stand) -> None:
    said = told(stand.open())
    assert said == Told(expected(stand), [], [])
    assert any(HOSTILE in each["tags"].values() for each in said.rows)


def test_an_empty_estate_is_listed_and_empty(stand: Stand) -> None:
    stand.load([])
    said = told(stand.open())
    kinds = {each["type"] for each in said.rows}
    assert (kinds <= {"organizations:account", "organizations:root"}, said.unseen, said.broken) == (
        True,
        [],
        [],
    )


def test_two_units_at_once_say_the_same_as_one_after_the_other(stand: Stand) -> None:
    lister = stand.open()
    assert len([unit for unit in lister.units() if isinstance(unit, Unit)]) >= 2
    assert told(lister, workers=2) == Told(expected(stand), [], [])


def test_asked_twice_it_says_the_same_under_the_same_keys(stand: Stand) -> None:
    one, other = stand.open(), stand.open()
    assert [u for u in one.units() if isinstance(u, Unit)] == [
        u for u in other.units() if isinstance(u, Unit)
    ]
    assert told(one) == told(other)


def test_every_request_is_counted_retries_too_and_none_writes(stand: Stand) -> None:
    stand.break_("throttled", left=2, after=1)
    lister = stand.open()
    said = told(lister)
    assert (once(said.rows), said.unseen, said.broken) == (expected(stand), [], [])
    assert sum(lister.calls.values()) == stand.asked > 3
    assert stand.wrote == []


def test_throttled_to_the_end_it_says_throttled(stand: Stand) -> None:
    stand.break_("throttled", left=FOREVER)
    said = told(stand.open())
    whole = [*said.broken, *said.unseen]
    assert {each.kind for each in whole} == {"throttled"}
    assert len(said.rows) <= len(stand.more) + 1  # containers that another service lists


@pytest.mark.parametrize("how", ["reset", "garbage"])
def test_what_breaks_in_mid_listing_is_asked_again_or_told_and_never_a_short_list(
    stand: Stand, how: str
) -> None:
    stand.break_(how, after=1)
    said = told(stand.open())
    if how == "reset" or not (said.broken or said.unseen):
        assert (once(said.rows), said.unseen, said.broken) == (expected(stand), [], [])


@pytest.mark.parametrize("how", ["reset", "garbage"])
def test_what_is_always_broken_is_unreadable(stand: Stand, how: str) -> None:
    stand.break_(how, left=FOREVER)
    said = told(stand.open())
    assert {each.kind for each in (*said.broken, *said.unseen)} == {"unreadable"}
    assert len(said.rows) <= len(stand.more) + 1


def test_what_is_denied_names_the_permission_and_nothing_of_it_is_told(stand: Stand) -> None:
    stand.break_("denied", left=FOREVER)
    said = told(stand.open())
    whole = [*said.broken, *said.unseen]
    assert {each.kind for each in whole} == {"denied"}
    assert all(stand.denied in (each.permission or "") and each.permission for each in whole)
    assert len(said.rows) <= len(stand.more) + 1


_ASKED: dict[str, dict[str, Any]] = {
    "aws": {}, "azure": {}, "gcp": {"gcp": {"scopes": ["organizations/1"]}},
    "kubernetes": {"kubernetes": {"cluster": "prod"}},
}  # fmt: skip
_PROVIDERS = {"aws": "aws", "azure": "azure", "gcp": "gcp", "kubernetes": "k8s"}


@pytest.mark.parametrize("connector", LISTERS)
def test_the_configured_connector_is_opened_by_its_name_and_asks_nothing_yet(connector: str) -> None:
    source = Inventory.model_validate({"name": "live", "connector": connector, **_ASKED[connector]})
    lister = open_lister(source)
    assert (lister.provider, sum(lister.calls.values())) == (_PROVIDERS[connector], 0)
    lister.close()


@pytest.mark.parametrize("connector", ["gcp", "kubernetes"])
def test_a_cloud_that_has_no_whole_asks_for_its_scope(connector: str) -> None:
    with pytest.raises(
        InputError, match=rf"source live does not say what of {connector} to list: add {connector}:"
    ):
        open_lister(Inventory.model_validate({"name": "live", "connector": connector}))


@pytest.mark.parametrize("kind", STANDS, ids=lambda kind: kind.name)
def test_a_client_library_that_is_not_installed_is_named_with_its_extra(
    kind: type[Stand], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.startswith(f"connectors.{kind.name}.inventory."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, kind.modules[-1], None)
    source = Inventory.model_validate({"name": "live", "connector": kind.name, **_ASKED[kind.name]})
    with pytest.raises(InputError, match=rf"not installed.*pip install 'tagrecon\[{kind.name}\]'"):
        open_lister(source)


def test_command_line_and_configuration_import_no_sdk() -> None:
    sdks = [module for kind in STANDS for module in kind.modules]
    sources = [{"name": name, "connector": name, **_ASKED[name]} for name in LISTERS]
    code = (
        "import sys, recon.cli.app, recon.run.sources; from recon.config import Inventory; "
        f"[Inventory.model_validate(each) for each in {sources!r}]; "
        f"sys.exit(', '.join(name for name in {sdks!r} if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
