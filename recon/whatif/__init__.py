"""What would move, from whom to whom, under other rules or another registry?"""

from recon.whatif.compare import Change, Differences, Move, compare
from recon.whatif.trial import try_rules

__all__ = ["Change", "Differences", "Move", "compare", "try_rules"]
