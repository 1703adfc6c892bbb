"""Do the writers reach every resource of the sample estate in Azure and Google Cloud, and leave it as it was?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from configs.sample.write import write_estate
from connectors.azure.inventory import open_lister as azure_lister
from connectors.azure.writer import open_writer as azure_writer
from connectors.gcp.inventory import open_lister as gcp_lister
from connectors.gcp.writer import open_writer as gcp_writer
from recon.config.live import AzureScope, GcpScope
from recon.fix.writing import Done, Edit, Seen, Target, Writer
from recon.snapshot.listing import Lister, Resource, Unit
from tests.clouds.azure import Azure
from tests.clouds.gcp import GoogleCloud
from tests.clouds.sample_estate import DAYS, dumped
from tests.clouds.waits import Waits

KEY = "proof"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    write_estate(folder, scale=0.05)
    [home] = (folder / "inventory").glob(f"{DAYS[-1]}*")
    return home


@pytest.fixture
def estate(
    request: pytest.FixtureRequest, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Lister, Writer, list[dict[str, Any]]]]:
    """One of the two clouds with what the estate has there."""
    cloud: Azure | GoogleCloud = Azure(tmp_path) if request.param == "azure" else GoogleCloud()
    cloud.start()
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    rows = dumped(home, "azure/*.json" if request.param == "azure" else "gcp/*.jsonl")
    cloud.load(rows)
    pace, scope = Waits().pace(), GcpScope(scopes=("organizations/1",))
    if request.param == "azure":
        lister, writer = azure_lister(AzureScope(), pace), azure_writer(AzureScope(), pace)
    else:
        lister, writer = gcp_lister(scope, pace), gcp_writer(scope, pace)
    yield lister, writer, rows
    for opened in (lister, writer):
        opened.close()
    cloud.stop()


@pytest.mark.parametrize("estate", ["azure", "gcp"], indirect=True)
def test_every_resource_is_written_shown_and_left_as_it_was(
    estate: tuple[Lister, Writer, list[dict[str, Any]]],
) -> None:
    lister, writer, rows = estate
    before = listed(lister)
    targets = [
        Target(writer.provider, row["account"], row["region"] or "", row["type"], row["id"]) for row in rows
    ]
    assert len(targets) > 20 and [writer.refuses(each) for each in targets] == [None] * len(targets)
    apply(writer, [Edit(each, {KEY: "yes"}) for each in targets])
    assert listed(lister) == {own: {**tags, KEY: "yes"} for own, tags in before.items()}
    apply(writer, [Edit(each, {}, (KEY,)) for each in targets])
    assert listed(lister) == before


def apply(writer: Writer, edits: list[Edit]) -> None:
    for batch in writer.batches(edits):
        seen = writer.read([each.target for each in batch])
        pairs = [(each, now) for each in batch if isinstance(now := seen[each.target], Seen)]
        told = writer.write(pairs)
        assert [type(told[each.target]) for each in batch] == [Done] * len(batch), told


def listed(lister: Lister) -> dict[str, dict[str, str]]:
    found = [one for unit in lister.units() if isinstance(unit, Unit) for one in lister.resources(unit)]
    return {one.id: dict(one.tags) for one in found if isinstance(one, Resource)}
