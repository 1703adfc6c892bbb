"""Bill lines as FOCUS files: the column model, the rules that make rows conform, and the writer."""

from recon.focus_export.conform import focus_select
from recon.focus_export.model import VERSIONS, Column, columns_of, is_verified
from recon.focus_export.write import Part, Total, Written, write_focus, write_parts

__all__ = [
    "VERSIONS",
    "Column",
    "Part",
    "Total",
    "Written",
    "columns_of",
    "focus_select",
    "is_verified",
    "write_focus",
    "write_parts",
]
