"""tagrecon's domain: what a tag should be, is, and was billed as, and where the money therefore belongs."""

__version__ = "0.1.0"
