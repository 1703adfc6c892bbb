"""What do both say of one account? `python -m tests.custodian.inside CUSTODIAN FOLDER`, in a namespace with loopback only.

One moto, behind a front that counts; Custodian's command line and ours ask it one after the other. JSON on stdout.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from tests.bills import line, write_bill, write_config
from tests.clouds.aws import AwsCloud, Moto
from tests.custodian.estate import build
from tests.custodian.kinds import ACCOUNT, HOME, KEY, KINDS, VALID, policies

NOW = "2026-11-03T06:00:00Z"
REGISTRY = f"""\
version: 1
owner: {KEY}
keys:
  {KEY}: {{required: true, case: exact, values: {{list: [{", ".join(VALID)}]}}}}
"""


def main(custodian: Path, folder: Path) -> dict[str, Any]:
    """planted: ARN → state; theirs, broke, reached: of `_custodian`; store, registry: our files; requests of both."""
    interfaces = sorted(name for _, name in socket.if_nameindex())
    if interfaces != ["lo"]:
        # For some services Custodian ignores the endpoint that it is told: it must not reach the real ones.
        raise SystemExit(f"this runs only where nothing but loopback is; here are {interfaces}")
    moto = Moto()
    cloud = AwsCloud(moto.url)
    cloud.start()
    try:
        os.environ |= _environment(cloud.url, folder)
        planted = build(moto.url)
        theirs, broke, reached = _custodian(custodian, folder / "custodian")
        asked_by_them = _taken(cloud)
        store = _tagrecon(folder / "tagrecon", next(a for a in planted if ":instance/" in a))
        asked_by_us = _taken(cloud)
        assert cloud.trouble == [], cloud.trouble
    finally:
        cloud.stop()
        moto.stop()
    return {
        "interfaces": interfaces, "planted": planted, "theirs": theirs, "broke": broke, "reached": reached,
        "store": str(store),
        "registry": str(store.parent.parent / "registry.yaml"),
        "requests": {"custodian": asked_by_them, "tagrecon": asked_by_us},
    }  # fmt: skip


def _environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": HOME, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(folder),
        "AWS_CONFIG_FILE": str(folder / "no-config"), "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-credentials"),
    }  # fmt: skip


def _taken(cloud: AwsCloud) -> dict[str, int]:
    seen = Counter(f"{asked.service}:{asked.operation}" for asked in cloud.seen)
    cloud.seen.clear()
    return dict(sorted(seen.items()))


def _custodian(program: Path, folder: Path) -> tuple[dict[str, list[str]], list[str], list[str]]:
    """Its type → ARNs; the policies that broke; the addresses that it tried to reach past the endpoint it was told."""
    folder.mkdir()
    (folder / "policies.yml").write_text(yaml.safe_dump(policies()), "utf-8")
    words = [str(program), "run", "-r", HOME, "-s", "said", "--cache", "none", "policies.yml"]
    once = {**os.environ, "AWS_MAX_ATTEMPTS": "1"}  # nobody is there to be asked again
    done = subprocess.run(words, cwd=folder, env=once, capture_output=True, text=True, check=False)
    broke = re.findall(r"^ - (\S+)$", done.stderr.partition("policies had errors")[2], re.MULTILINE)
    reached = re.findall(r'Could not connect to the endpoint URL: "([^"]+)"', done.stderr)
    said = {}
    for kind in KINDS:
        file = folder / "said" / kind.policy / "resources.json"
        if not file.exists():
            raise SystemExit(f"Custodian said nothing of {kind.theirs}:\n{done.stderr[-6000:]}")
        said[kind.theirs] = sorted(kind.arn(item) for item in json.loads(file.read_text("utf-8")))
    return said, sorted(broke), sorted(set(reached))


def _tagrecon(folder: Path, billed: str) -> Path:
    """The store after a night. One resource is billed, so that there is a period to count resources in."""
    more = f"inventory: [{{name: live, connector: aws, aws: {{regions: [{HOME}], untagged: services}}}}]\n"
    config = write_config(folder, more=more)
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "allocation.yaml").write_text("version: 1\n", "utf-8")
    write_bill(folder / "exports" / "bill.csv", [line(SubAccountId=ACCOUNT, ResourceId=billed)])
    store = folder / "var" / "store.duckdb"
    words = [
        sys.executable,
        "-m",
        "recon",
        "run",
        "--config",
        str(config),
        "--store",
        str(store),
        "--now",
        NOW,
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"tagrecon ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    return store


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
