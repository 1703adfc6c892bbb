"""Why does this resource's money go where it goes? Tags, verdicts, ledger and bill lines of one resource."""

from recon.explain.bill_lines import BillLine, Found, SkippedFile, bill_lines
from recon.explain.find import Hit, find
from recon.explain.story import Story, explain

__all__ = ["BillLine", "Found", "Hit", "SkippedFile", "Story", "bill_lines", "explain", "find"]
