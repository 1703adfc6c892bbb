"""Does a run say who changed what between two snapshots, and which incidents nobody owned? From files to view, indicator and report.

The logs and lists are made by hand: see tests/connectors/evidence/events.py.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.config import load_config
from recon.doctor.examine import examine
from recon.errors import InputError
from recon.run import run
from tests.bills import NOW, line, write_bill
from tests.connectors.evidence.events import ACCOUNT, ALICE, ec2_tags, trail, written

ARN = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0abc1234"
OTHER = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0def5678"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
CONFIG = """\
registry: registry.yaml
billing: [{name: bill, connector: focus, location: exports/}]
inventory: [{name: live, connector: files, location: inventory/}]
audit_logs: [{name: trail, location: logs/}]
incidents: [{name: tickets, location: incidents/}]
"""
REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center: {required: true, aliases: [CostCenter], values: {list: [payments, search]}}
"""
AT = "2026-11-01T10:00:00Z"  # between the snapshots
DRIFT = "SELECT ResourceId, key, change, actor FROM drift ORDER BY ALL"


def dumped(folder: Path, name: str, *tags: dict[str, str]) -> None:
    rows = [
        {"provider": "aws", "account": ACCOUNT, "region": "eu-west-1", "type": "AWS::EC2::Instance", "id": id, "tags": each}
        for id, each in zip((ARN, OTHER), tags, strict=True)
    ]  # fmt: skip
    written(folder / "inventory" / f"{name}.jsonl", "\n".join(map(json.dumps, rows)) + "\n")


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """Between the snapshots `note` was changed on one instance and the owner removed from another."""
    written(tmp_path / "tagrecon.yaml", CONFIG)
    written(tmp_path / "registry.yaml", REGISTRY)
    write_bill(tmp_path / "exports" / "b.csv", [line(5, ResourceId=ARN, tags={"cost-center": "search"})])
    dumped(tmp_path, "2026-10-30", {"cost-center": "search", "note": "a"}, {"CostCenter": "payments"})
    dumped(tmp_path, "2026-11-02", {"cost-center": "search", "note": "b"}, {})
    written(tmp_path / "logs" / "quiet.json", {"Records": []})
    written(tmp_path / "incidents" / "none.csv", "incident_id,opened_at,resource_id\n")
    return tmp_path


class After:
    """What a run left."""

    def __init__(self, folder: Path, hours: int = 0) -> None:
        stages = frozenset({"snapshot", "ingest", "reconcile"})
        self.result = run(load_config(folder / "tagrecon.yaml"), NOW + timedelta(hours=hours), stages=stages)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        con = duckdb.connect(str(self.result.store), read_only=True)
        try:
            return con.execute(query).fetchall()
        finally:
            con.close()

    def indicator(self, id: str) -> tuple[Any, ...]:
        (found,) = self.ask(f"SELECT value, numerator, denominator, status FROM slis WHERE id = '{id}'")
        return found

    def gaps(self) -> list[tuple[str, str]]:
        return [(gap["kind"], gap["scope"]) for gap in self.result.summary["gaps"]]


def test_an_event_between_the_snapshots_says_who_and_the_rest_stays_unexplained(estate: Path) -> None:
    written(
        estate / "logs" / "a.json", {"Records": [ec2_tags("CreateTags", "note", eventTime=AT)]}, packed=True
    )
    after = After(estate)
    assert after.ask(DRIFT) == [(ARN, "note", "changed", ALICE), (OTHER, "cost-center", "removed", None)]
    assert after.indicator("M7") == (0.5, "1", "2", "missed")
    assert after.ask("SELECT ResourceId, in_inventory, key, actor, source FROM tag_events") == [
        (ARN, True, "note", ALICE, "trail")
    ]


def test_a_raw_spelling_of_the_key_explains_the_registry_s_key(estate: Path) -> None:
    event = ec2_tags("DeleteTags", "CostCenter", resource="i-0def5678", eventTime=AT)
    written(estate / "logs" / "a.json", [event])
    assert After(estate).ask(DRIFT)[1] == (OTHER, "cost-center", "removed", ALICE)


def test_an_event_of_another_time_key_or_account_or_that_failed_explains_nothing(estate: Path) -> None:
    events = [
        ec2_tags(
            "CreateTags", "note", id="1", eventTime="2026-10-29T10:00:00Z"
        ),  # before the first of the two
        ec2_tags("CreateTags", "note", id="2", eventTime="2026-11-02T00:00:01Z"),  # after the second
        ec2_tags("CreateTags", "other", id="3", eventTime=AT),
        ec2_tags("CreateTags", "note", id="4", eventTime=AT, recipientAccountId="999999999999"),
        ec2_tags("CreateTags", "note", id="5", eventTime=AT, errorCode="AccessDenied"),
    ]
    written(estate / "logs" / "a.json", events)
    after = After(estate)
    assert {actor for *_, actor in after.ask(DRIFT)} == {None}
    assert after.indicator("M7")[:3] == (0.0, "0", "2")
    assert after.ask("SELECT count(*) FROM tag_events") == [(4,)]


def by(who: str, *keys: str, id: str) -> dict[str, Any]:
    return ec2_tags("CreateTags", *keys, id=id, eventTime=AT, userIdentity={"arn": who})


@pytest.mark.parametrize(
    ("events", "actor"),
    [
        ([by(ALICE, "note", id="1"), by(BOB, "note", id="2")], None),  # either may have done it
        ([by(ALICE, "note", id="1"), by(ALICE, "note", id="2")], ALICE),
        ([by(ALICE, "note", id="1"), by(BOB, id="2")], ALICE),  # Bob's names no key: it may be any
        ([by(BOB, id="2")], BOB),
    ],
)
def test_an_actor_is_named_where_only_one_can_be_meant(
    estate: Path, events: list[Any], actor: str | None
) -> None:
    written(estate / "logs" / "a.json", events)
    after = After(estate)
    assert after.ask(DRIFT)[0] == (ARN, "note", "changed", actor)
    assert after.indicator("M7")[0] == 0.5


def test_an_event_in_two_files_is_one_event(estate: Path) -> None:
    for name in ("organization.json", "account.json"):
        written(estate / "logs" / name, {"Records": [ec2_tags("CreateTags", "note", eventTime=AT)]})
    after = After(estate)
    assert after.ask("SELECT count(*) FROM tag_events") == [(1,)]
    assert after.ask("SELECT DISTINCT events FROM base.drift ORDER BY 1") == [(0,), (1,)]


def test_without_any_log_there_is_no_figure(estate: Path) -> None:
    written(estate / "tagrecon.yaml", CONFIG.replace("audit_logs", "# audit_logs"))
    assert After(estate).indicator("M7") == (None, None, None, "no-data")


def test_nothing_is_read_twice_and_a_rotated_log_is_remembered(estate: Path) -> None:
    log = written(estate / "logs" / "a.json", [ec2_tags("CreateTags", "note", eventTime=AT)])
    assert After(estate).result.changed
    assert not After(estate).result.changed
    log.unlink()
    dumped(estate, "2026-11-03", {"cost-center": "search", "note": "b"}, {})
    assert After(estate, 1).ask(DRIFT)[0] == (ARN, "note", "changed", ALICE)


def test_a_new_log_alone_is_news_and_a_changed_one_says_anew(estate: Path) -> None:
    After(estate)
    log = written(estate / "logs" / "a.json", [by(BOB, "note", id="1")])
    assert After(estate).ask(DRIFT)[0][3] == BOB
    written(log, [by(ALICE, "note", id="1"), by(ALICE, "x", id="2")])
    after = After(estate)
    assert after.ask(DRIFT)[0][3] == ALICE
    assert after.ask("SELECT count(*) FROM tag_events") == [(2,)]


def test_a_source_that_is_no_longer_configured_is_forgotten(estate: Path) -> None:
    written(estate / "logs" / "a.json", [by(BOB, "note", id="1")])
    After(estate)
    written(estate / "tagrecon.yaml", CONFIG.replace("audit_logs", "# audit_logs"))
    after = After(estate)
    assert after.ask("SELECT * FROM tag_events") == []
    assert after.indicator("M7")[0] is None


def test_damage_stays_a_gap_for_as_long_as_the_file_lies_there(estate: Path) -> None:
    log = written(estate / "logs" / "a.jsonl", json.dumps(by(BOB, "note", id="1")) + '\n{"eventName": "Cr\n')
    scope = ("unreadable", "audit log trail: logs/a.jsonl")
    assert scope in After(estate).gaps()
    write_bill(estate / "exports" / "c.csv", [line(6)])
    again = After(estate, 1)
    assert scope in again.gaps()
    assert again.ask(DRIFT)[0][3] == BOB
    log.unlink()
    write_bill(estate / "exports" / "d.csv", [line(7)])
    assert scope not in After(estate, 2).gaps()


def test_a_log_that_was_cut_off_keeps_what_it_said_before(estate: Path) -> None:
    log = written(estate / "logs" / "a.json", {"Records": [by(BOB, "note", id="1")]})
    After(estate)
    log.write_bytes(log.read_bytes()[:-30])
    after = After(estate)
    assert ("unreadable", "audit log trail: logs/a.json") in after.gaps()
    assert after.ask(DRIFT)[0][3] == BOB


def test_a_place_where_nothing_lies_is_a_gap(estate: Path) -> None:
    (estate / "logs" / "quiet.json").unlink()
    (estate / "incidents" / "none.csv").unlink()
    assert {("missing", "audit log trail"), ("missing", "incidents tickets")} <= set(After(estate).gaps())


def test_incidents_are_judged_by_the_owner_of_their_own_time(estate: Path) -> None:
    written(
        estate / "incidents" / "tickets.csv",
        "number,opened_at,cmdb_ci,priority\n"
        f"INC1,2026-10-31 10:00:00,{OTHER},1\n"  # it had an owner then
        "INC2,2026-11-02 10:00:00,i-0def5678,1\n"  # and none any more
        f"INC3,2026-10-20 10:00:00,{ARN},2\n"  # before the first snapshot: assumed
        "INC4,2026-11-01 10:00:00,web-17,2\n"  # a host name
        "INC5,2026-11-01 10:00:00,,2\n",
    )
    after = After(estate)
    value, *counts, status = after.indicator("M3")
    assert (round(value, 3), counts, status) == (0.333, ["1", "3"], "missed")
    assert after.indicator("M3-unmatched")[:3] == (2.0, "2", "5")
    (gap,) = [gap for gap in after.result.summary["gaps"] if gap["kind"] == "unmatched"]
    assert gap["limitation"]
    assert gap["reason"].startswith("2 of 5 incidents name no resource")
    assert after.ask("SELECT ResourceId, in_inventory FROM incidents WHERE incident_id = 'INC2'") == [
        (OTHER, True)
    ]


def test_an_incident_that_two_exports_list_counts_once_as_the_last_one_says(estate: Path) -> None:
    for day, severity in (("2026-11-01", "low"), ("2026-11-02", "high")):
        text = f"incident_id,opened_at,resource_id,severity\nA,2026-11-01,{ARN},{severity}\n"
        written(estate / "incidents" / f"{day}.csv", text)
    after = After(estate)
    assert after.ask("SELECT incident_id, severity FROM incidents") == [("A", "high")]
    assert after.indicator("M3")[:3] == (0.0, "0", "1")


def test_an_id_that_may_be_in_two_accounts_is_nobody_s(estate: Path) -> None:
    twin = {
        "provider": "aws",
        "account": "222",
        "id": "arn:aws:ec2:eu-west-1:222:instance/i-0abc1234",
        "tags": {},
    }
    written(estate / "inventory" / "twin-2026-10-30.jsonl", json.dumps(twin) + "\n")
    written(estate / "incidents" / "a.csv", "incident_id,opened_at,resource_id\nA,2026-11-01,i-0abc1234\n")
    assert After(estate).indicator("M3-unmatched")[:3] == (1.0, "1", "1")


def test_no_value_and_no_secret_of_a_log_is_kept(estate: Path) -> None:
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    event = trail("TagResources", {"resourceARNList": [ARN], "tags": {key: "x", "pw": "hunter22hunter"}},
                  eventTime=AT, userIdentity={"arn": f"{BOB}/password=geheim99"})  # fmt: skip
    written(estate / "logs" / "a.json", [event])
    store = After(estate).result.store.read_bytes()
    assert not [word for word in (key, "hunter22hunter", "geheim99") if word.encode() in store]


def test_two_logs_of_one_name_are_refused_with_their_lines(estate: Path) -> None:
    twice = "audit_logs:\n  - {name: t, location: a/}\n  - {name: T, location: b/}\n"
    written(estate / "tagrecon.yaml", "registry: registry.yaml\n" + twice)
    with pytest.raises(InputError, match=r"tagrecon.yaml:4: audit_logs name \"T\" is taken \(line 3\)"):
        load_config(estate / "tagrecon.yaml")


def test_a_table_of_bigquery_is_refused_as_a_log(estate: Path) -> None:
    written(estate / "tagrecon.yaml", CONFIG.replace("logs/", "'bigquery://p.d.t'"))
    with pytest.raises(InputError, match="BigQuery is not read"):
        After(estate)


def test_doctor_looks_at_logs_and_lists(estate: Path) -> None:
    written(estate / "logs" / "price.csv", "name,price\nx,1\n")
    found = {(check.name, check.state) for check in examine(estate / "tagrecon.yaml", environ={})}
    assert {("audit log trail", "wrong"), ("incidents tickets", "ok")} <= found
