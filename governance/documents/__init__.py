"""Controlled documents as data: canonical form, schemas, checks, differences. Pure: no Django, no models.

Importing any module of this package registers the kinds that exist.
"""

from governance.documents import kinds

__all__ = ["kinds"]
