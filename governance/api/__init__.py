"""Ownership and on-call for programs: the reads and the services of the pages, as JSON."""

from ninja import Router

from governance.api import cells, oncall, ownership

router = Router()
for part in (ownership, cells, oncall):
    router.add_router("", part.router)
