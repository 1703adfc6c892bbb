"""What is one file of a delivery, and what is said when it can't be reached? Both are words of the domain."""

from __future__ import annotations

from recon.deliveries import Located
from recon.errors import Unreachable

__all__ = ["Located", "Unreachable"]
