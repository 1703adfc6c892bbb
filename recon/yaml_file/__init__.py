"""YAML with file and line in every error, "did you mean", and tag values that stay text."""

from recon.yaml_file.fields import AsList, Day, Name, OneOrMany, OrText, Shaped, Text, Texts
from recon.yaml_file.fitting import Strict, dotted, in_line_order, nearest, not_allowed, validate
from recon.yaml_file.paths import Location, RelativePath
from recon.yaml_file.reading import Located, Spot, bytes_of, load_bytes, load_yaml

__all__ = [
    "AsList",
    "Day",
    "Located",
    "Location",
    "Name",
    "OneOrMany",
    "OrText",
    "RelativePath",
    "Shaped",
    "Spot",
    "Strict",
    "Text",
    "Texts",
    "bytes_of",
    "dotted",
    "in_line_order",
    "load_bytes",
    "load_yaml",
    "nearest",
    "not_allowed",
    "validate",
]
