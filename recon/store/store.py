"""How is the store changed without anyone ever seeing half of it?

DuckDB lets no second process in while one writes. So a run works on a private copy beside the published
file, closes it, syncs it and renames it into place: a reader keeps the version it opened, and a run that is
killed leaves a stray copy that the next one removes. One run at a time, by an OS file lock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from recon.errors import InputError, LockHeld
from recon.frames import one
from recon.verdicts import RUNGS, VERDICTS

SCHEMA_VERSION = "2"


@dataclass(frozen=True)
class Limits:
    """What DuckDB may use."""

    memory: str = "1GB"
    threads: int | None = None


@dataclass(frozen=True)
class StorePaths:
    """The published file and its neighbours."""

    published: Path

    @property
    def work(self) -> Path:
        return self.published.with_name(f".{self.published.name}.work")

    @property
    def spill(self) -> Path:
        return self.published.with_name(f".{self.published.name}.spill")

    @property
    def spool(self) -> Path:
        """Unpacked and downloaded deliveries of a run; gone when it ends."""
        return self.published.with_name(f".{self.published.name}.spool")

    @property
    def listing(self) -> Path:
        """What live inventories said, until the store that took it in is published."""
        return self.published.with_name(f".{self.published.name}.listing")

    @property
    def lock(self) -> Path:
        return self.published.with_name(f"{self.published.name}.lock")

    @property
    def unchanged(self) -> Path:
        return self.published.with_name(f"{self.published.name}.runs.json")

    @property
    def private(self) -> Path:
        return self.published.with_name(f"{self.published.name}.private.json")

    @property
    def audit(self) -> Path:
        """The chained log of decisions, approvals and changes in the clouds."""
        return self.published.with_name(f"{self.published.name}.audit.jsonl")

    @property
    def plans(self) -> Path:
        """Plans that nightly runs applied under standing approvals."""
        return self.published.with_name(f"{self.published.name}.plans")

    @property
    def applying(self) -> Path:
        """The lock of whoever writes to the clouds."""
        return self.published.with_name(f"{self.published.name}.applying.lock")


@contextmanager
def locked(paths: StorePaths) -> Iterator[None]:
    """Hold the store's lock; raises `LockHeld` at once when another run has it."""
    try:
        paths.published.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise InputError(
            f"the store's folder {paths.published.parent} can't be written: {error.strerror}"
        ) from error
    with os.fdopen(descriptor, "r+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockHeld(
                f"another run works on {paths.published} (lock {paths.lock.name}). "
                "Wait for it to end; the lock goes with its process."
            ) from error
        shutil.rmtree(paths.spool, ignore_errors=True)  # a killed run's downloads
        try:
            yield
        finally:
            shutil.rmtree(paths.spool, ignore_errors=True)


@contextmanager
def working_copy(paths: StorePaths, limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a private copy of the store (new where none is published). Leaves the copy closed on
    the disk for `publish`, or removes it when the body raises."""
    discard(paths)
    if paths.published.exists():
        shutil.copyfile(paths.published, paths.work)
        paths.work.chmod(0o600)
    else:
        paths.work.touch(mode=0o600)
        paths.work.unlink()
    old = os.umask(0o077)
    try:
        con = connect(paths.work, limits, paths.spill)
    finally:
        os.umask(old)
    try:
        _prepare(con)
        yield con
        con.execute("CHECKPOINT")
    except BaseException:
        con.close()
        discard(paths)
        raise
    con.close()


def publish(paths: StorePaths) -> None:
    """Move the closed working copy into the published place: synced first, atomic, readable as umask says."""
    umask = os.umask(0)
    os.umask(umask)
    paths.work.chmod(0o666 & ~umask)
    with paths.work.open("rb") as file:
        os.fsync(file.fileno())
    paths.work.replace(paths.published)
    sync_folder(paths.published.parent)


def discard(paths: StorePaths) -> None:
    """Remove what a killed run left behind."""
    for leftover in paths.work.parent.glob(f"{paths.work.name}*"):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(paths.spill, ignore_errors=True)


def connect(
    path: Path, limits: Limits, spill: Path | None = None, *, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that reads no Python variable, loads no extension and keeps to its limits."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": limits.memory,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    if limits.threads:
        config["threads"] = limits.threads
    if spill:
        config["temp_directory"] = str(spill)
    con = duckdb.connect(str(path), read_only=read_only, config=config)
    con.execute("SET TimeZone = 'UTC'")
    return con


def read_meta(con: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """A fact that the store keeps about itself."""
    row = one(con, "SELECT value FROM base.meta WHERE name = ?", [name])
    return None if row is None else str(row[0])


def write_meta(con: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Set a fact that the store keeps about itself."""
    con.execute("DELETE FROM base.meta WHERE name = ?", [name])
    con.execute("INSERT INTO base.meta VALUES (?, ?)", [name, value])


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_schema(con: duckdb.DuckDBPyConnection) -> None:
    """The store's empty tables and its views."""
    con.execute(_sql("schema.sql"))
    con.execute(_sql("views.sql"))


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(_sql("schema.sql"))
    known = read_meta(con, "schema")
    if known is not None and not known <= SCHEMA_VERSION:
        raise InputError(
            f"the store was written by a newer tagrecon (its schema is {known}, ours {SCHEMA_VERSION}): install that one"
        )
    if known == "1":
        con.execute(_sql("from_1_to_2.sql"))
        write_meta(con, "schema", SCHEMA_VERSION)
    con.execute(_sql("views.sql"))
    if known is not None:
        return
    write_meta(con, "schema", SCHEMA_VERSION)
    con.execute("INSERT INTO base.tagset VALUES (0, 'empty')")
    con.executemany("INSERT INTO base.verdict_name VALUES (?, ?)", list(enumerate(VERDICTS)))
    con.executemany("INSERT INTO base.rung_name VALUES (?, ?)", list(enumerate(RUNGS)))


def _sql(name: str) -> str:
    return (files("recon.store") / name).read_text(encoding="utf-8")
