"""What when somebody has changed the audit log? The nightly run goes on and says so; nothing is written to a cloud by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.config import load_config
from recon.errors import InputError
from recon.fix.approvals import Signature
from recon.fix.log import News
from recon.run import run
from recon.run.fixing.approving import approve
from recon.run.fixing.desk import Desk
from recon.run.fixing.doing import apply
from recon.run.fixing.nightly import apply_standing
from recon.run.fixing.planning import Narrow, make_plan
from tests.recon.conftest import NOW


def desk(estate: Path, **more: object) -> Desk:
    cfg = load_config(estate / "tagrecon.yaml")
    return Desk(cfg.model_copy(update=more), NOW, lambda: NOW)


def spoil(estate: Path) -> None:
    log = desk(estate).log.path
    log.write_bytes(log.read_bytes().replace(b'"bea"', b'"ann"', 1))


@pytest.fixture
def approved(estate_copy: Path) -> Path:
    """An estate with a plan that bea has approved."""
    own = desk(estate_copy)
    make_plan(own, estate_copy / "plan.yaml", "ana", Narrow(keys=("cost-center",)))
    approve(own, estate_copy / "plan.yaml", Signature("bea", NOW))
    return estate_copy


def test_an_approval_in_a_changed_log_lets_nothing_be_applied(approved: Path) -> None:
    spoil(approved)
    with pytest.raises(
        InputError, match=r"the audit log was changed after it was written.*fix audit --verify"
    ):
        apply(desk(approved), approved / "plan.yaml", "bea", write=True)
    with pytest.raises(InputError, match="was changed"):
        apply_standing(desk(approved, remediate="apply"))


def test_a_log_whose_end_was_cut_is_found_by_what_the_store_took_in(approved: Path) -> None:
    run(desk(approved).cfg, NOW)
    log = desk(approved).log
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(lines[0])
    log._write_head(1, log.events()[0].hash)  # whoever cut it has mended the head, too
    with pytest.raises(InputError, match="which the store has taken in, is not the log's"):
        desk(approved).proven()


def test_the_nightly_run_goes_on_and_is_partial(approved: Path) -> None:
    spoil(approved)
    result = run(desk(approved).cfg, NOW)
    assert result.status == "partial"
    [gap] = [g for g in result.summary["gaps"] if g["scope"] == "audit log of fixes"]
    assert gap["kind"] == "unreadable"
    assert "was edited" in gap["reason"]


def test_a_run_takes_the_log_into_its_views(approved: Path) -> None:
    import duckdb

    own = desk(approved)
    run(own.cfg, NOW)
    with duckdb.connect(str(own.cfg.store), read_only=True) as con:
        rows = con.execute("SELECT event_no, actor, action FROM audit_log ORDER BY 1").fetchall()
        hashes = con.execute("SELECT event_hash FROM audit_log ORDER BY event_no").fetchall()
    assert rows == [(1, "ana", "plan"), (2, "bea", "approve")]
    assert [row[0] for row in hashes] == [event.hash for event in own.events()]


def _kept(own: Desk) -> list[tuple[object, ...]]:
    with own.store() as con:
        asked = "SELECT * FROM base.audit ORDER BY event_no"
        return [
            *con.execute(asked).fetchall(),
            *con.execute("SELECT * FROM base.review ORDER BY ALL").fetchall(),
        ]


def _gaps(own: Desk) -> list[str]:
    found = run(own.cfg, NOW).summary["gaps"]
    return [gap["reason"] for gap in found if gap["scope"] == "audit log of fixes"]


def test_a_forged_log_with_good_hashes_is_not_laundered_by_a_run(approved: Path) -> None:
    own = desk(approved)
    run(own.cfg, NOW)
    kept, first = _kept(own), own.events()
    own.log.path.unlink()
    own.log.head_path.unlink()
    for each in first:  # the same story, told by somebody else
        own.log.append([News("eve", each.what, each.subject, each.detail)], NOW)
    for _ in range(2):  # the second run has nothing new, and still says so
        [reason] = _gaps(own)
        assert "event 1, which the store has taken in, is not the log's" in reason
        assert _kept(own) == kept
        with pytest.raises(InputError, match="was changed"):
            desk(approved).proven()


def test_a_log_that_is_gone_with_its_head_is_a_gap_and_the_store_still_knows_it(approved: Path) -> None:
    own = desk(approved)
    run(own.cfg, NOW)
    kept = _kept(own)
    own.log.path.unlink()
    own.log.head_path.unlink()
    [reason] = _gaps(own)
    assert "event 1, which the store has taken in" in reason
    assert _kept(own) == kept


def test_half_a_character_in_an_old_line_of_the_log_breaks_every_nightly_run(
    approved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = desk(approved)
    with monkeypatch.context() as older:  # a tagrecon that let it in
        older.setattr("recon.fix.log.well_formed", lambda news: news)
        said = {
            "approval": "x",
            "until": "2027-01-01T00:00:00Z",
            "comment": "caf\udce9",
            "file": "\ud800.yaml",
        }
        own.log.append([News("a\ud800", "approve", "f" * 64, said)], NOW)
    result = run(own.cfg, NOW)
    assert [g for g in result.summary["gaps"] if g["scope"] == "audit log of fixes"] == []
    [row] = [row for row in _kept(own) if "a\ufffd" in row]
    assert any("caf\ufffd" in str(cell) for cell in row)


def test_a_comment_that_is_no_text_is_refused_before_anything_is_written(approved: Path) -> None:
    own = desk(approved)
    before = own.log.path.read_bytes()
    with pytest.raises(InputError, match=r"comment is no valid text \(UTF-8\)"):
        approve(own, approved / "plan.yaml", Signature("bea", NOW, comment="caf\udce9"))
    with pytest.raises(InputError, match=r"is no valid text \(UTF-8\)"):
        approve(own, approved / "plan.yaml", Signature("b\udce9a", NOW))
    assert own.log.path.read_bytes() == before
