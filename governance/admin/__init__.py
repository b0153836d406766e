"""Admin pages of governance; importing the modules registers them."""

from . import catalog, documents, oncall

__all__ = ["catalog", "documents", "oncall"]
