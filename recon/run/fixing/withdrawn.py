"""Was leave to apply taken back, or did it end, while the plan is being applied? Asked before each call to a cloud."""

from __future__ import annotations

from dataclasses import dataclass, field

from recon.fix.approvals import instant
from recon.fix.log import parsed
from recon.run.fixing.desk import Desk


@dataclass
class Withdrawn:
    """`subject`: the plan's hash, or a standing approval's id; `until`: when it ends. Only what was written to the log since is read."""

    desk: Desk
    subject: str
    until: str
    _read: int = field(default=-1)
    _why: str = ""

    def __call__(self) -> str:
        """Why nothing more may be applied; "" where the approval holds."""
        now = instant(self.desk.clock())
        if now > self.until:
            self._why = f"the approval ended at {self.until}"
        path = self.desk.log.path
        if self._read < 0:
            self._read = path.stat().st_size if path.exists() else 0
            return self._why
        with path.open("rb") as file:
            file.seek(self._read)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            event = parsed(line)
            if event is not None and event.what == "revoke" and event.subject == self.subject:
                self._why = f"the approval was revoked by {event.who}"
        return self._why
