"""Which folders does an account lie in, whatever an inventory says?"""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.ledger.account_places import account_places
from recon.store.store import Limits, connect, create_schema

MANAGER = "//cloudresourcemanager.googleapis.com/"
PROJECT, FOLDER = (f"cloudresourcemanager.googleapis.com/{kind}" for kind in ("Project", "Folder"))
SUBSCRIPTION = "microsoft.resources/subscriptions"
# provider, account, type, folded id, name, what it lies in → the account's folder
CASES = {
    "the folder is named, what it lies in is known by its id alone": (
        [
            ("gcp", "shop", PROJECT, f"{MANAGER}projects/shop", "Shop", f"{MANAGER}folders/3"),
            ("gcp", "", FOLDER, f"{MANAGER}folders/3", "Prod", f"{MANAGER}organizations/1"),
        ],
        ("gcp", "shop", "Shop", "1/Prod"),
    ),
    "management groups": (
        [
            ("azure", "s-1", SUBSCRIPTION, "/subscriptions/s-1", "Pay", "/providers/mg/shops"),
            ("azure", "", "mg", "/providers/mg/shops", "Shops", "/providers/mg/root"),
            ("azure", "", "mg", "/providers/mg/root", None, None),
        ],
        ("azure", "s-1", "Pay", "root/Shops"),
    ),
    "containers that lie in each other end where they meet": (
        [
            ("aws", "1", "organizations:account", "a", None, "x"),
            ("aws", "9", "organizations:ou", "x", "X", "y"),
            ("aws", "9", "organizations:ou", "y", "Y", "x"),
        ],
        ("aws", "1", None, "Y/X"),
    ),
    "an account in nothing": (
        [("aws", "1", "organizations:account", "a", "Lone", None)],
        ("aws", "1", "Lone", None),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_accounts_folder_is_the_path_of_what_it_lies_in(tmp_path: Path, name: str) -> None:
    rows, (provider, account, called, folder) = CASES[name]
    con = connect(tmp_path / "store.duckdb", Limits(memory="200MB"))
    create_schema(con)
    insert = "INSERT INTO base.resource (provider_id, account_id, resource_type, folded_id, resource_name, container_id) VALUES (?, ?, ?, ?, ?, ?)"
    con.executemany(insert, rows)
    con.execute(insert, ["other", account, "account", "b", "Somebody else's", "z"])
    [found] = account_places(con, provider)
    con.close()
    assert (found.account, found.name, found.folder) == (account, called, folder)
