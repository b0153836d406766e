"""The stock admin: sources to set up, everything else of incidents to be read."""

from . import records, sources

__all__ = ["records", "sources"]
