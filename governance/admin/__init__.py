"""Admin pages of governance; importing the modules registers them."""

from . import boards, catalog, documents, oncall, training

__all__ = ["boards", "catalog", "documents", "oncall", "training"]
