"""Does the page grant what the data says?"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from connectors.kubernetes.inventory.permissions import CLUSTER_ROLE

PAGE = Path(__file__).parents[3] / "docs" / "inventories" / "kubernetes.md"


def test_the_role_on_the_page_is_the_one_of_the_code() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    (role,) = (yaml.safe_load(block) for block in blocks if "ClusterRole" in block)
    for rule in (*role["rules"], *CLUSTER_ROLE["rules"]):
        rule["resources"] = set(rule["resources"])
    assert role == CLUSTER_ROLE
