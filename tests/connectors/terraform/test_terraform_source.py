"""Is a resource found in Terraform's source, and does a patch change its tags and nothing else?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.terraform.patch import diff, quoted, snippet, splices
from connectors.terraform.source import Sources

MAIN = """# the shop
module "shop" {
  source = "./modules/shop"
}

resource "aws_instance" "web" {
  count = 2
  tags = {
    Name        = "web"
    cost-center = "paymnts" # typo
  }
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}

resource "aws_sns_topic" "merged" {
  tags = merge(local.common, { cost-center = "x" })
}

resource "aws_sqs_queue" "computed" {
  tags = {
    cost-center = var.owner
  }
}

resource "aws_sqs_queue" "short" { name = "q" }

resource "google_storage_bucket" "b" {
  labels = { a = "b" }
}

resource "aws_kms_key" "empty" {
  tags = {}
}
"""
SHOP = 'resource "aws_instance" "web" {\n  tags = { "cost-center" = "x" }\n}\n'


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    (tmp_path / "modules/shop").mkdir(parents=True)
    (tmp_path / "main.tf").write_text(MAIN)
    (tmp_path / "modules/shop/main.tf").write_text(SHOP)
    (tmp_path / "broken.tf").write_text('resource "aws_instance" {{{')
    return Sources([("infra", tmp_path)])


def patched(sources: Sources, address: str, tags: dict[str, str]) -> str | None:
    block = sources.find(address)
    assert block is not None
    edits = splices(block, tags)
    return None if edits is None else diff(block.file, block.text, edits)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("aws_instance.web", ("infra/main.tf", 6)),
        ("aws_instance.web[1]", ("infra/main.tf", 6)),
        ('module.shop["eu"].aws_instance.web["a.b"]', ("infra/modules/shop/main.tf", 1)),
        ("module.shop.aws_instance.nope", None),
        ("module.elsewhere.aws_instance.web", None),
        ("data.aws_ami.x", None),
    ],
)
def test_an_address_leads_to_file_and_line(
    address: str, place: tuple[str, int] | None, sources: Sources
) -> None:
    block = sources.find(address)
    assert (None if block is None else (block.file, block.line)) == place


def test_an_address_that_could_mean_two_places_means_none(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(SHOP)
    assert Sources([("infra", tmp_path)]).find("aws_instance.web") is None


def test_a_value_is_replaced_where_it_stands(sources: Sources) -> None:
    assert patched(sources, "aws_instance.web", {"cost-center": "payments"}) == (
        "--- a/infra/main.tf\n+++ b/infra/main.tf\n@@ -7,7 +7,7 @@\n   count = 2\n   tags = {\n     Name        = \"web\"\n"
        '-    cost-center = "paymnts" # typo\n+    cost-center = "payments" # typo\n   }\n }\n \n'
    )  # fmt: skip


@pytest.mark.parametrize(
    "address", ["aws_instance.web", "aws_s3_bucket.logs", "google_storage_bucket.b", "aws_kms_key.empty", "module.shop.aws_instance.web"]
)  # fmt: skip
def test_a_patch_applies_and_changes_the_tags_alone(address: str, sources: Sources, tmp_path: Path) -> None:
    block = sources.find(address)
    assert block is not None
    text = patched(sources, address, {"cost-center": "payments", "a b": 'x"y'})
    assert text
    subprocess.run(["git", "apply", "-p2"], input=text.encode(), cwd=tmp_path, check=True)
    before, after = hcl2.loads(block.text), hcl2.loads(block.path.read_text())
    [was], [now] = (_resource(document, block.kind, block.line, address) for document in (before, after))
    name = "labels" if block.kind.startswith("google_") else "tags"
    tags = {key.strip('"'): value for key, value in now.pop(name).items()}
    was.pop(name, None)
    assert (tags["cost-center"], tags["a b"]) == ('"payments"', '"x\\"y"')
    assert now == was


def _resource(document: dict, kind: str, line: int, address: str) -> list[dict]:  # type: ignore[type-arg]
    name = address.rpartition(".")[2]
    return [
        r[f'"{kind}"'][f'"{name}"'] for r in document["resource"] if f'"{name}"' in r.get(f'"{kind}"', {})
    ]


@pytest.mark.parametrize("address", ["aws_sns_topic.merged", "aws_sqs_queue.computed", "aws_sqs_queue.short"])
def test_where_tags_are_computed_a_person_has_to_write_them(address: str, sources: Sources) -> None:
    assert patched(sources, address, {"cost-center": "payments"}) is None


def _plain(text: str) -> bool:
    return "${" not in text and "%{" not in text and not any(0xD800 <= ord(c) <= 0xDFFF for c in text)


@given(st.text(max_size=30).filter(_plain))
def test_no_value_leaves_its_string(value: str) -> None:
    line = quoted(value)
    assert line.isprintable()
    text = f'resource "a" "b" {{\n  tags = {{\n    x = {line}\n  }}\n}}\n'
    [read] = hcl2.loads(text)["resource"]
    assert read['"a"']['"b"']["tags"] == {"x": line}


def test_a_value_that_looks_computed_is_not_patched(sources: Sources) -> None:
    assert patched(sources, "aws_instance.web", {"cost-center": "${file(secret)}"}) is None
    assert quoted("${x} %{y}") == '"$${x} %%{y}"'


def test_a_snippet_names_the_attribute_of_the_provider() -> None:
    assert snippet("google_storage_bucket", {"a": "b"}) == 'labels = {\n  a = "b"\n}'
    assert snippet("aws_instance", {"a b": "${x}"}) == 'tags = {\n  "a b" = "$${x}"\n}'
