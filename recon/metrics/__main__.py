"""`python -m recon.metrics` writes docs/metrics.md anew."""

from __future__ import annotations

from recon.metrics.catalogue import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
