"""What every row of the shipped table must have, and what the table must say of common types."""

from __future__ import annotations

from collections import Counter
from importlib.resources import as_file, files

import pytest

from recon.taggability import Pattern, TableFile, load_taggability
from recon.yaml_file import load_yaml, validate

# Another hash means other verdicts: raise `version` in configs/taggability.yaml, then write both here.
VERSION = "4+ff4409ac829f9758"

TABLE = load_taggability()
with as_file(files("configs") / "taggability.yaml") as _path:
    FILE = validate(TableFile, load_yaml(_path))
    WRITTEN = [(row["provider"], t) for row in load_yaml(_path).data["rows"] for k in ("types", "services") for t in row.get(k, ())]  # fmt: skip


def _sample(glob: str) -> str:
    return glob.replace("*", "zz").replace("?", "z")


def test_a_changed_table_has_a_new_version() -> None:
    assert TABLE.version == VERSION


def test_every_row_has_a_source() -> None:
    assert [row for row in FILE.rows if len(row.source) < 20] == []


def test_every_glob_is_written_in_lower_case() -> None:
    assert [glob for _, glob in WRITTEN if glob != glob.casefold()] == []


def test_every_provider_is_written_as_its_id() -> None:
    assert {provider for provider, _ in WRITTEN} == {"aws", "azure", "gcp", "k8s"}


def test_every_pattern_is_reached_by_something() -> None:
    def reached(pattern: Pattern) -> bool:
        found = TABLE.standing(pattern.provider, _sample(pattern.type_glob), _sample(pattern.service_glob))
        return found is pattern.standing

    assert [p for p in TABLE.patterns if not reached(p)] == []


def test_no_pattern_speaks_of_a_whole_provider() -> None:
    globs = [g for p in TABLE.patterns for g in (p.type_glob, p.service_glob) if "*" in g or "?" in g]
    assert [glob for glob in globs if len(glob.strip("*?")) < 4] == []


def test_the_table_has_substance_for_each_provider() -> None:
    said = Counter((p.provider, p.standing.taggable and p.standing.on_bill == "yes") for p in TABLE.patterns)
    for provider, least in (("aws", 60), ("azure", 80), ("gcp", 40)):
        assert said[provider, True] >= least and said[provider, False] >= least


@pytest.mark.parametrize(
    ("provider", "kind", "service"),
    [
        ("aws", "AWS::EC2::Instance", "Amazon Elastic Compute Cloud"),
        ("aws", "ec2:volume", "AmazonEC2"),
        ("aws", "elasticloadbalancing:loadbalancer/app", "AWSELB"),
        ("aws", "s3", "Amazon Simple Storage Service"),
        ("azure", "Microsoft.Compute/virtualMachines", "Virtual Machines"),
        ("azure", "microsoft.sql/servers/databases", "SQL Database"),
        ("gcp", "compute.googleapis.com/Instance", None),
        ("gcp", "instances", "Compute Engine"),
        ("gcp", "", "BigQuery Reservation API"),
    ],
)
def test_what_most_bills_are_made_of_is_known_to_be_taggable(
    provider: str, kind: str, service: str | None
) -> None:
    standing = TABLE.standing(provider, kind, service)
    assert (standing.known, standing.taggable, standing.on_bill) == (True, True, "yes")


@pytest.mark.parametrize(
    ("provider", "kind", "service"),
    [
        ("aws", "AWS::CloudWatch::Metric", "AmazonCloudWatch"),
        ("aws", "glue:table", "AWS Glue"),
        ("aws", None, "AWS Support (Business)"),
        ("azure", "Microsoft.Network/dnsZones/A", "Azure DNS"),
        ("azure", "microsoft.storage/storageaccounts/blobservices/containers", "Storage"),
        ("azure", "microsoft.capacity/reservationorders/reservations", None),
        ("gcp", "logging.googleapis.com/LogBucket", "Cloud Logging"),
        ("gcp", "routers", "Compute Engine"),
    ],
)
def test_what_can_not_be_tagged_is_known(provider: str, kind: str | None, service: str | None) -> None:
    assert TABLE.cannot_tag(provider, kind, service)


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("aws", "ec2:elastic-ip"),
        ("azure", "microsoft.network/azurefirewalls"),
        ("azure", "microsoft.compute/virtualmachinescalesets/publicipaddresses"),
    ],
)
def test_what_is_tagged_but_not_billed_with_its_tag_is_known(provider: str, kind: str) -> None:
    assert not TABLE.cannot_tag(provider, kind, None)
    assert TABLE.reaches_bill(provider, kind, None) == "inherited-only"
