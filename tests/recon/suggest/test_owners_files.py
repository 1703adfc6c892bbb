"""Which CODEOWNERS files are read, and what becomes of those that can't be?"""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.config import load_config
from recon.errors import InputError
from recon.run.suggesting import asking_of, owners_marks
from recon.store.masking import Masker
from tests.bills import write_config

MASKER = Masker(b"key", lambda key: False)


def read(folder: Path, location: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """((source, owner) of each line, (kind, scope) of each gap)."""
    config = write_config(folder, more=f"fix: {{codeowners: [{{name: code, location: '{location}'}}]}}\n")
    asking, gaps = asking_of(load_config(config), MASKER)
    assert asking.owners is not None
    return list(asking.owners.select("source", "owner").iter_rows()), [(g.kind, g.scope) for g in gaps]


def put(folder: Path, name: str, content: bytes = b"* @a/b\n") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def test_of_a_folder_the_files_that_are_called_so_are_read(tmp_path: Path) -> None:
    for name in ("one/CODEOWNERS", "two/docs/CODEOWNERS", "two/README.md"):
        put(tmp_path / "code", name)
    assert read(tmp_path, "code/") == (
        [("code/one/CODEOWNERS", "@a/b"), ("code/two/docs/CODEOWNERS", "@a/b")],
        [],
    )


def test_a_single_file_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    put(tmp_path, "owners.txt", b"\xef\xbb\xbf* @a/b\n")
    assert read(tmp_path, "owners.txt") == ([("owners.txt", "@a/b")], [])


@pytest.mark.parametrize("content", [b"\xff\xfe", b"* @a/b\n" * 500_000], ids=["not UTF-8", "too large"])
def test_what_can_not_be_read_is_a_gap_with_its_file(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, "CODEOWNERS", content)
    assert read(tmp_path, "CODEOWNERS") == ([], [("unreadable", "codeowners code: CODEOWNERS")])


def test_a_file_that_lacks_is_a_gap(tmp_path: Path) -> None:
    assert read(tmp_path, "CODEOWNERS") == ([], [("missing", "codeowners code")])


def test_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="BigQuery"):
        read(tmp_path, "bigquery://p.d.t")


def test_another_content_is_another_mark(tmp_path: Path) -> None:
    config = write_config(tmp_path, more="fix: {codeowners: [{name: code, location: CODEOWNERS}]}\n")
    marks = []
    for content in (b"* @a/b\n", b"* @a/c\n", b"* @a/b\n"):
        put(tmp_path, "CODEOWNERS", content)
        marks.append(list(owners_marks(load_config(config))))
    assert marks[0] == marks[2] != marks[1]
