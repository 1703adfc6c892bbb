"""Does a plan read back as it was written, and is a plan refused that says what it may not?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from acting import action
from hypothesis import given
from hypothesis import strategies as st

from recon.errors import InputError
from recon.fix.document import plan_text, quoted, write_plan
from recon.fix.plan_file import check_values, read_plan
from recon.fix.planned import ACTIVATION, Action, Change, CodeChange, Header, Held, Plan
from recon.fix.writing import Target
from recon.model import short_id
from recon.registry import load_registry
from recon.store.masking import Masker

HEADER = Header("ana", "20261103T060000Z-abc123", "2026-11-03T06:00:00Z", "c0ffee", "1")
REGISTRY = """
version: 1
owner: cost-center
keys:
  cost-center: {required: true, values: {list: [payments, search]}, aliases: [CostCenter]}
"""
MASKER = Masker(b"key", lambda raw_key: False)


def activation() -> Action:
    place = f"{ACTIVATION}/team"
    return Action(
        short_id("fix", "aws", "1", place, "team"), Target("aws", "1", "", ACTIVATION, place), "team",
        (Change("Status", "Inactive", "Active"),), "not-activated", "why", "evidence", "f", Decimal("0.99"),
    )  # fmt: skip


def whole() -> Plan:
    first, second = action("i-1", "paymnts"), action("i-2", None, "search", effective=None)
    held = Held(action("i-3"), "protected", "The registry protects it.")
    code = CodeChange(
        action("i-4"), "terraform", "aws_instance.web", "main.tf", 12, "tags = {\n}", "--- a\n+++ b"
    )
    return Plan(HEADER, [first, second, activation()], [held], [code])


def test_a_plan_reads_back_as_it_was_written(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.yaml", whole())
    found = read_plan(tmp_path / "plan.yaml")
    assert found.plan.header == HEADER
    assert list(found.plan.actions) == list(whole().actions)


texts = st.text(max_size=40).filter(lambda t: not any(0xD800 <= ord(c) <= 0xDFFF for c in t))


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=3, unique_by=lambda p: p[0]))
def test_hostile_text_reads_back_exactly(pairs: list[tuple[str, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        actions = [action(f"r{n}{resource}", None, value + "x") for n, (resource, value) in enumerate(pairs)]
        path = Path(folder) / "plan.yaml"
        write_plan(path, Plan(HEADER, actions))
        assert list(read_plan(path).plan.actions) == actions
        assert all(line.isprintable() for line in path.read_text("utf-8").splitlines())


def test_the_same_plan_gives_the_same_bytes_and_an_edit_gives_another_hash(tmp_path: Path) -> None:
    assert plan_text(whole()) == plan_text(whole())
    write_plan(tmp_path / "one.yaml", whole())
    (tmp_path / "two.yaml").write_text(plan_text(whole()) + "# seen\n")
    assert read_plan(tmp_path / "one.yaml").sha != read_plan(tmp_path / "two.yaml").sha


def edited(change: Callable[[str], str], tmp_path: Path) -> Path:
    text = plan_text(Plan(HEADER, [action("i-1", "paymnts"), action("i-2", None, "search")]))
    changed = change(text)
    assert changed != text
    (tmp_path / "plan.yaml").write_text(changed, "utf-8")
    return tmp_path / "plan.yaml"


def _first(text: str) -> str:
    """The first action's lines."""
    at = text.index("  - id: ")
    return text[at : text.index("  - id: ", at + 1)]


WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "another schema": (lambda t: t.replace("fix-plan/2", "fix-plan/1"), r"plan\.yaml:\d+: schema is .*no plan of this tagrecon"),
    "another resource": (lambda t: t.replace('resource: "i-1"', 'resource: "i-9"'), r"plan\.yaml:\d+: the id is that of another action"),
    "nothing changes": (lambda t: t.replace('after: "search"', "after: null"), "before and after are the same"),
    "a field misspelled": (lambda t: t.replace("verdict: untagged", "verdikt: untagged", 1), r'plan\.yaml:\d+.*"verdikt"'),
    "no changes": (lambda t: t.replace("before: null, ", ""), r"plan\.yaml:\d+.*before"),
    "the same twice": (lambda t: t.replace("activations: []", _first(t) + "activations: []"), "stands in the plan twice"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_what_a_plan_may_not_say_is_refused_with_its_line(kind: str, tmp_path: Path) -> None:
    change, message = WRONG[kind]
    with pytest.raises(InputError, match=message):
        read_plan(edited(change, tmp_path))


def test_a_tag_may_not_be_taken_away_by_an_edit(tmp_path: Path) -> None:
    path = edited(
        lambda t: t.replace('before: "paymnts", after: "payments"', 'before: "paymnts", after: null'),
        tmp_path,
    )
    with pytest.raises(InputError, match="a plan sets tags and takes none away"):
        read_plan(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace('after: "search"', 'after: "serach"'), 'does not allow this value for cost-center.*did you mean "search"'),
        (lambda t: t.replace('raw_key: "cost-center"', 'raw_key: "Name"', 1), "Name is no spelling of the key cost-center"),
    ],
)  # fmt: skip
def test_an_edited_value_must_be_one_of_the_registrys(
    change: Callable[[str], str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    found = read_plan(edited(change, tmp_path))
    with pytest.raises(InputError, match=message):
        check_values(found, load_registry(tmp_path / "registry.yaml"), date(2026, 11, 3), MASKER)


def test_another_valid_value_may_be_written_by_hand(tmp_path: Path) -> None:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    found = read_plan(edited(lambda t: t.replace('after: "search"', 'after: "payments"'), tmp_path))
    check_values(found, load_registry(tmp_path / "registry.yaml"), date(2026, 11, 3), MASKER)
    assert found.plan.actions[1].changes[0].after == "payments"


@pytest.mark.parametrize(
    "text",
    ["yes", "null", "1e3", "'", '"', "a\\b", "a\nb", "# no comment", "{{ x }}", "pay\u202ements", "\x00\x1b[31m", "\ufeff", "\ue000",
     "\U000e0001", "grün 😀", "‹masked:0123456789ab›", "- a: b"],
)  # fmt: skip
def test_hostile_text_stands_on_one_harmless_line(text: str) -> None:
    assert quoted(text).isprintable()
