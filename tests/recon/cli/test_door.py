"""Does every end of a command have its exit code, and no user a traceback?"""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
import typer

from recon.cli.door import door
from recon.errors import InputError, LockHeld, OurBug, Where


def ends(error: BaseException | None, code: int = 0) -> int:
    @door
    def command() -> int:
        if error is not None:
            raise error
        return code

    with pytest.raises(typer.Exit) as left:
        command()
    return int(left.value.exit_code)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("no such key"), 2),
        (LockHeld("another run"), 5),
        (OurBug("books do not close"), 4),
        (ZeroDivisionError("division by zero"), 4),
        (PermissionError(errno.EACCES, "Permission denied", "/var/out"), 2),
        (OSError(errno.ENOSPC, "No space left on device"), 2),
        (OSError(errno.EBADF, "Bad file descriptor"), 4),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert ends(error) == code


def test_a_command_that_ends_well_leaves_with_what_it_returns() -> None:
    assert (ends(None, 0), ends(None, 3)) == (0, 3)


def test_a_users_mistake_is_told_with_its_place_and_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ends(InputError('unknown key "colour"', Where(Path("registry.yaml"), 7)))
    said = capsys.readouterr()
    assert said.err == 'tagrecon: registry.yaml:7: unknown key "colour"\n'
    assert said.out == ""


def test_a_bug_is_named_as_ours_with_its_place_and_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ends(ZeroDivisionError("division by zero"))
    said = capsys.readouterr().err
    assert "this is a bug of tagrecon" in said
    assert "ZeroDivisionError: division by zero (at recon/cli/door.py:" in said
    assert "Traceback" not in said


def test_the_traceback_comes_when_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAGRECON_DEBUG", "1")
    ends(ZeroDivisionError("division by zero"))
    assert "Traceback" in capsys.readouterr().err


def test_hostile_text_in_a_message_reaches_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    ends(InputError("unknown value \x1b]0;gone\x07\u202e"))
    assert not {"\x1b", "\x07", "\u202e"} & set(capsys.readouterr().err)
