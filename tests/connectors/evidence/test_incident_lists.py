"""Which incidents does a list tell, under whatever names its tool writes?

The lists are made by hand after ServiceNow's list export and table interface, PagerDuty's incidents interface and Jira's CSV export and
search. Where each keeps a cloud resource is a guess: see docs/evidence.md.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.evidence import read_incidents
from recon.errors import DeliveryRefused
from recon.snapshot.evidence import Incident
from tests.connectors.evidence.events import VM, written

ARN = "arn:aws:ec2:eu-west-1:111:instance/i-0abc1234"
AT = datetime(2026, 10, 6, 9, 30)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("incident_id,opened_at,resource_id,severity\nA-1,2026-10-06T09:30:00Z,i-0abc1234,high\n", Incident("A-1", AT, "high", None, None, "i-0abc1234")),
        (f'"Number","Opened","Priority","Configuration item"\n"INC001","2026-10-06 09:30:00","1 - Critical","{ARN}"\n', Incident("INC001", AT, "1 - Critical", "aws", "111", ARN)),
        (f"Issue key,Issue id,Created,Priority,Custom field (Resource ID)\nOPS-1,7,06/Oct/26 9:30 AM,High,{VM}\n", Incident("OPS-1", AT, "High", "azure", None, VM)),
        ("incident_number,created_on,urgency,component\n12,2026-10-06T11:30:00+02:00,high,\n", Incident("12", AT, "high", None, None, None)),
        ({"incidents": [{"id": "P1", "incident_number": 12, "created_at": "2026-10-06T09:30:00Z", "urgency": "high", "resource": {"id": "i-1"}}]}, Incident("12", AT, "high", None, None, "i-1")),
        ({"result": [{"number": "INC001", "opened_at": "2026-10-06 09:30:00", "severity": "2", "cmdb_ci": {"link": "https://x", "value": "i-1"}}]}, Incident("INC001", AT, "2", None, None, "i-1")),
        ({"issues": [{"id": "7", "key": "OPS-1", "fields": {"created": "2026-10-06T09:30:00.000+0000", "priority": {"name": "High"}, "resource_id": ["i-1"]}}]}, Incident("OPS-1", AT, "High", None, None, "i-1")),
    ],
)  # fmt: skip
def test_the_names_of_the_usual_tools_are_read(text: Any, wanted: Incident, tmp_path: Path) -> None:
    found = read_incidents(written(tmp_path / "list", text), "list")
    assert (found.incidents, found.damaged) == ([wanted], [])


def test_several_ids_in_one_cell_are_several_resources(tmp_path: Path) -> None:
    text = "incident_id,opened_at,resource_id\nA,2026-10-06,i-1; i-2|i-1\n"
    assert [i.resource_id for i in read_incidents(written(tmp_path / "list", text), "list").incidents] == [
        "i-1",
        "i-2",
    ]


def test_a_row_that_can_t_be_read_is_named_and_the_others_count(tmp_path: Path) -> None:
    text = "incident_id,opened_at,resource_id\nA,05/10/2026,i-1\n,2026-10-06,i-1\nB,2026-10-06\nC,2026-10-06,i-1\n"
    found = read_incidents(written(tmp_path / "list", text), "list")
    assert [i.incident_id for i in found.incidents] == ["C"]
    assert [where for where, _ in found.damaged] == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", json.dumps([{"a": 1}]), "incident_id,opened_at\nA,2026-10-06\n"]
)
def test_another_table_is_refused_with_the_columns_that_are_asked_for(text: str, tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match=r"no list of incidents.*Expected incident_id"):
        read_incidents(written(tmp_path / "list", text), "list")
