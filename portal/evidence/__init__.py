"""Evidence packs: everything about an incident, a change or a period, for somebody who trusts nobody here.

``write`` makes one. What is in it is said by the apps (``registry.packs``), what proves it comes from the ledger, and
the pack brings the program that checks it, which shares no code with the rest.
"""

from .packs import PERIOD, CannotPack, NotSealed, check, kinds, require, write

__all__ = ["PERIOD", "CannotPack", "NotSealed", "check", "kinds", "require", "write"]
