"""The version of glovefast."""

__version__ = "0.1.0"
