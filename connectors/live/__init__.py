"""Live inventories: what all clouds share in listing their resources (pace, parts, the walk over units)."""
