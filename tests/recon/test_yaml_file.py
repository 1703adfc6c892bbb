"""YAML with file and line: what is text, what is refused, and what the user is told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from recon.errors import Exit, InputError, InputErrors
from recon.yaml_file import Day, Strict, Text, Texts, load_yaml, nearest, not_allowed, validate


class Inner(Strict):
    connector: Text
    kind: Text = "x"


class Model(Strict):
    name: Text = "n"
    flag: bool = False
    number: int = 0
    share: Decimal = Decimal(0)
    day: Day | None = None
    texts: Texts = ()
    inner: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] = Field(default_factory=dict)


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "some.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal(tmp_path: Path, text: str | bytes) -> str:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as refused:
        validate(Model, load_yaml(path))
    assert refused.value.exit_code == Exit.USER_INPUT
    return str(refused.value).replace(str(path), "F")


@pytest.mark.parametrize(
    "scalar", ["on", "no", "007", "0x1F", "1_000", "1e3", "2026-01-01", "12:30:45", "true", ".5", "=", "<"]
)
def test_plain_scalars_stay_text_in_a_list_of_texts(tmp_path: Path, scalar: str) -> None:
    model = validate(Model, load_yaml(written(tmp_path, f"texts: [{scalar}]\n{scalar}x: 1\n".split("\n")[0])))
    assert model.texts == (scalar,)


def test_keys_that_look_like_something_else_stay_text(tmp_path: Path) -> None:
    located = load_yaml(written(tmp_path, "on: 1\n2026-01-01: 2\n007: 3\n"))
    assert list(located.data) == ["on", "2026-01-01", "007"]


def test_text_becomes_typed_where_the_model_asks_for_it(tmp_path: Path) -> None:
    text = "flag: yes\nnumber: 12\nshare: .333333333333333333333333\nday: 2026-03-01\n"
    model = validate(Model, load_yaml(written(tmp_path, text)))
    assert (model.flag, model.number, str(model.day)) == (True, 12, "2026-03-01")
    assert model.share == Decimal("0.333333333333333333333333")


@pytest.mark.parametrize("nothing", ["null", "~", ""])
def test_nothing_is_none_where_none_is_allowed(tmp_path: Path, nothing: str) -> None:
    assert validate(Model, load_yaml(written(tmp_path, f"day: {nothing}\n"))).day is None


def test_quoted_null_is_text(tmp_path: Path) -> None:
    assert validate(Model, load_yaml(written(tmp_path, "texts: ['null', '~', '']\n"))).texts == (
        "null",
        "~",
        "",
    )


def test_one_text_may_stand_for_a_list_of_it(tmp_path: Path) -> None:
    assert validate(Model, load_yaml(written(tmp_path, "texts: one\n"))).texts == ("one",)


def test_anchors_and_merge_keys_are_followed_and_own_keys_win(tmp_path: Path) -> None:
    text = "by_name:\n  a: &a {connector: c, kind: k}\n  b: {<<: *a, kind: own}\n"
    model = validate(Model, load_yaml(written(tmp_path, text)))
    assert (model.by_name["b"].connector, model.by_name["b"].kind) == ("c", "own")


REFUSED = [
    (b"", "F: the file is empty"),
    (b"# only a comment\n", "F: the file is empty"),
    (b"- a\n", "F:1: a mapping (`key: value` lines) is needed at the top"),
    (b"\n\njust text\n", "F:3: a mapping"),
    (b"name: a\ninner:\n\t- x\n", "F:3: a tab is used for indentation"),
    (b"name: a\nkind: \xff\n", "F:2: byte 0xff is not UTF-8"),
    (b"name: [a\n", "F:2: not valid YAML"),
    (b"name: a\x00\n", "F:1: the control character U+0000"),
    (b"name: a\n---\nname: b\n", "F:2: a second document"),
    (b"name: !!python/object:os.system {}\n", "F:1: the tag"),
    (b"name: !!binary aGk=\n", "F:1: the tag"),
    (b"name: &a [*a]\n", "F:1: an anchor repeats itself"),
    (b"? [a, b]\n: 1\n", "F:1: a key must be plain text"),
    (b"<<: 3\n", "F:1: `<<` needs a mapping"),
    (b"name: a\nflag: on\nname: b\n", 'F:3: the key "name" stands here twice (first on line 1)'),
    (b"by_name:\n  a: {connector: x}\n  a: {connector: y}\n", 'F:3: the key "a" stands here twice'),
    (b"number: 4x\n", 'F:1: number: a whole number is needed (written: "4x")'),
    (b"flag: maybe\n", 'F:1: flag: true or false is needed (written: "maybe")'),
    (b"day: 2026-02-30\n", "F:1: day: no such day in the calendar"),
    (b"day: 1700000000\n", "F:1: day: a day is needed, as YYYY-MM-DD"),
    (b"share: abc\n", "F:1: share: a number is needed"),
    (b"texts:\n - a\n - \n", "F:3: texts[1]: text is needed"),
    (b"name: [a]\n", "F:1: name: text is needed"),
    (b"inner: {connector: a}\n", "F:1: inner: a list is needed"),
    (b"inner:\n - a\n", "F:2: inner[0]: a mapping"),
    (b"nme: a\n", 'F:1: unknown key "nme"; allowed: name, flag'),
    (b"inner:\n - {conector: a}\n", 'F:2: "connector" is missing in inner[0]'),
    (b"inner:\n - {conector: a}\n", 'F:2: unknown key "conector" in inner[0]; allowed: connector, kind.'),
    (b"inner:\n - {conector: a}\n", 'Did you mean "connector"?'),
    (b"by_name:\n x:\n  conector: a\n", 'F:3: unknown key "conector" in by_name.x; allowed: connector'),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: bytes, message: str) -> None:
    assert message in refusal(tmp_path, text)


def test_a_missing_file_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such file"):
        load_yaml(tmp_path / "none.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        load_yaml(tmp_path)


def test_deep_nesting_is_refused_kindly(tmp_path: Path) -> None:
    assert "nested too deeply" in refusal(tmp_path, "name: " + "[" * 20_000)


def test_anchors_that_multiply_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "an anchor repeats itself" in refusal(tmp_path, "\n".join(lines))


def test_all_errors_are_told_at_once_in_line_order(tmp_path: Path) -> None:
    with pytest.raises(InputErrors) as refused:
        validate(Model, load_yaml(written(tmp_path, "number: x\nnme: 1\nflag: y2\n")))
    assert [e.where.line for e in refused.value.errors if e.where] == [1, 2, 3]


def test_a_value_that_looks_like_a_secret_is_not_repeated(tmp_path: Path) -> None:
    secret = "AKIA" + "ABCDEFGHIJKLMNOP"
    assert secret not in refusal(tmp_path, f"number: {secret}\n")


def test_terminal_escapes_in_the_file_do_not_reach_the_message(tmp_path: Path) -> None:
    assert "\x1b" not in refusal(tmp_path, b'number: "\\e[31mred"\n')


def test_a_place_that_is_not_written_is_told_by_what_is_around_it(tmp_path: Path) -> None:
    located = load_yaml(written(tmp_path, "a:\n  b: 1\n"))
    assert [located.where(spot).line for spot in (("a", "b"), ("a", "c", 3), ("z",))] == [2, 1, None]


def test_the_nearest_name_disregards_case_and_gives_up_on_strangers() -> None:
    assert nearest("servicename", ["ServiceName", "RegionId"]) == "ServiceName"
    assert nearest("zzz", ["ServiceName", "RegionId"]) is None


def test_a_long_list_of_allowed_names_is_cut() -> None:
    assert "n19, …" in not_allowed("x", "name", [f"n{i}" for i in range(30)])


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_loads_or_is_refused_as_the_users_input(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "f.yaml"
    path.write_bytes(text.encode("utf-8", "replace"))
    try:
        validate(Model, load_yaml(path))
    except InputError as refused:
        assert str(path) in str(refused)
