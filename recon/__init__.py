"""tagrecon's domain: what a tag should be, is, and was billed as, and where the money therefore belongs."""

from __future__ import annotations

import decimal

__version__ = "0.1.0"

# Python rounds decimals to 28 digits by default, even in a sum or a negation; money here has up to 38.
# Set for this thread and as the default of every later one, before any amount exists.
MONEY_DIGITS = 100
decimal.DefaultContext.prec = MONEY_DIGITS
decimal.getcontext().prec = MONEY_DIGITS
