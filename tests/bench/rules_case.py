"""Posting a made-up book by made-up rules: `python -m tests.bench.rules_case post|start|group FOLDER`,
`… make FOLDER RULES CHARGES alike|apart` before.

`start` loads the rules and opens the store, `post` also posts; `group` is a plain group-by of the same charges by
account, without a line of ours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ACCOUNTS, SERVICES, OWNERS, APPS, RESOURCES = 1_000, 40, 50, 200, 200_000
_ALIKE = f"(bill_resource_no % {ACCOUNTS} + bill_resource_no % 3)"  # an account has three apps
REGISTRY = f"""\
version: 1
owner: cost-center
keys:
  cost-center: {{required: true, values: {{list: [{", ".join(f"team-{n}" for n in range(OWNERS))}]}}}}
  app: {{required: true}}
"""
_STORE = f"""
INSERT INTO base.book VALUES (1, '2026-10', 'aws', 'payer', 'USD');
INSERT INTO base.registry_key VALUES (1, 'cost-center'), (2, 'app');
INSERT INTO base.value SELECT n + 1, 'team-' || n FROM range({OWNERS}) t(n);
INSERT INTO base.value SELECT {OWNERS} + n + 1, 'app-' || n FROM range({APPS}) t(n);
INSERT INTO base.tagset VALUES (0, 'none');
INSERT INTO base.bill_resource SELECT n + 1, 'aws', 'arn:aws:ec2:eu-west-1:' || n % {ACCOUNTS} || ':instance/i-' || n FROM range({RESOURCES}) t(n);
INSERT INTO base.charge_dim (dim_no, dim_id, book_no, provider_name, sub_account_id, service_name, region_id, charge_category, class, inherited_tagset_no)
SELECT n, 'd' || n, 1, 'AWS', lpad((n % {ACCOUNTS})::VARCHAR, 12, '0'), 'Service ' || n // {ACCOUNTS}, ['eu-west-1', 'us-east-1'][1 + n % 2], 'Usage',
       CASE WHEN n % 97 = 0 THEN 'tax' ELSE 'usage' END, 0 FROM range({ACCOUNTS * SERVICES}) t(n);
INSERT INTO base.charge SELECT n, 1, r % {ACCOUNTS} + {ACCOUNTS} * (hash(r) % {SERVICES}), 1 + r, 0, 20727 + n % 31, (hash(n, 2) % 100000)::DECIMAL(38,24) / 10000,
       (hash(n, 2) % 90000)::DECIMAL(38,24) / 10000, 1 FROM (SELECT n, hash(n) % {RESOURCES} AS r FROM range(LINES) t(n));
INSERT INTO base.judgement SELECT charge_no, 1, 1, CASE WHEN bill_resource_no % 3 = 0 THEN 11 ELSE 0 END, CASE WHEN bill_resource_no % 3 > 0 THEN 0 END, true, NULL, NULL, NULL,
       CASE WHEN bill_resource_no % 3 > 0 THEN 1 + bill_resource_no % {OWNERS} END FROM base.charge;
INSERT INTO base.judgement SELECT charge_no, 1, 2, 0, 0, true, NULL, NULL, NULL, {OWNERS} + 1 + APP_OF % {APPS} FROM base.charge;
"""


def make(folder: Path, rules: int, charges: int, alike: bool) -> None:
    """A store with one judged book of `charges`, and an allocation.yaml with `rules` rules: of each twenty, 17 name
    exact texts, one a prefix, one a pattern, one only that something is there; a tenth stands in a dimension.
    `alike`: charges of one resource are alike to rules; else hardly two charges of the book are."""
    from recon.store.store import Limits, connect, create_schema

    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "allocation.yaml").write_text(_allocation(rules), "utf-8")
    con = connect(folder / "store.duckdb", Limits(memory="1GB"))
    create_schema(con)
    sql = _STORE.replace("LINES", str(charges)).replace("APP_OF", _ALIKE if alike else "hash(charge_no, 3)")
    for statement in sql.split(";\n"):
        if statement.strip():
            con.execute(statement)
    con.close()


def _allocation(rules: int) -> str:
    owned = [_rule(n, f"to: 'owner:team-{n % OWNERS}'") for n in range(rules - rules // 10)]
    valued = [_rule(n, f"value: 'product {n % 30}'") for n in range(rules // 10)]
    head = "default: 'owner:team-0'\nrules:\n" + "".join(f"  {rule}\n" for rule in owned)
    return head + "dimensions:\n  product:\n    rules:\n" + "".join(f"      {rule}\n" for rule in valued)


def _rule(n: int, gives: str) -> str:
    account, service, app = f"'{n % ACCOUNTS:012}'", f"Service {n % SERVICES}", f"app-{n % APPS}"
    tests = {
        17: f"ServiceName: {{prefix: 'Service {n % SERVICES}'}}, 'tag:app': {{suffix: '-{n}'}}",
        18: f"'tag:app': {{matches: 'app-{n % APPS}x?'}}, RegionId: {{contains: east}}, x_Class: {{suffix: {n}}}",
        19: f"x_Class: {{present: true}}, ServiceName: {{prefix: 'Service {n}'}}",
    }
    exact = (
        f"SubAccountId: {account}, ServiceName: {service}"
        if n % 2
        else f"'tag:app': {app}, SubAccountId: [{account}]"
    )
    return f"- {{id: r{n}, when: {{{tests.get(n % 20, exact)}}}, {gives}}}"


def _opened(folder: Path) -> tuple[Any, Any, Any]:
    from recon.allocation import load_allocation
    from recon.registry import load_registry
    from recon.store.store import Limits, connect

    registry = load_registry(folder / "registry.yaml")
    allocation = load_allocation(folder / "allocation.yaml", registry)
    return connect(folder / "work.duckdb", Limits(memory="1GB")), allocation, registry


def start(folder: Path) -> None:
    """What posting needs before it begins."""
    import recon.ledger.post  # noqa: F401

    _opened(folder)[0].close()


def post(folder: Path) -> None:
    """The whole posting of the book."""
    from recon.ledger.post import post_periods
    from recon.store.books import all_books

    con, allocation, registry = _opened(folder)
    post_periods(con, all_books(con), allocation, registry.owner)
    sums = [
        con.execute(f"SELECT sum(billed), sum(effective), sum({n})::BIGINT FROM {table}").fetchone()
        for table, n in (("base.charge", "1"), ("base.entry", "charges"), ("base.dimension_sum", "charges"))
    ]
    assert sums[0] == sums[1] == sums[2], sums
    con.close()


def group(folder: Path) -> None:
    """A plain group-by of the same charges."""
    import duckdb

    con = duckdb.connect(str(folder / "work.duckdb"), config={"memory_limit": "1GB"})
    con.execute(
        "SELECT d.sub_account_id, sum(c.billed), sum(c.effective), count(*) FROM base.charge c JOIN base.charge_dim d USING (dim_no) GROUP BY ALL"
    ).fetchall()


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    if sys.argv[1] == "make":
        make(folder, int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "alike")
    else:
        {"start": start, "post": post, "group": group}[sys.argv[1]](folder)
