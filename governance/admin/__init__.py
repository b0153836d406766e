"""Admin pages of governance; importing the modules registers them."""

from . import catalog, documents

__all__ = ["catalog", "documents"]
