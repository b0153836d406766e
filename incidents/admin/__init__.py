"""The stock admin: sources to set up, everything else of incidents to be read."""

from . import beats, records, sources

__all__ = ["beats", "records", "sources"]
