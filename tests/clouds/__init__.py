"""Clouds on loopback: what the real SDK clients talk to in tests."""
