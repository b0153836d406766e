"""What a draft says and lacks, for its page and for the judgment under the lock."""

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from governance.documents import base
from governance.documents.diff import Change
from governance.documents.facts import Finding
from governance.models import Version
from governance.reads import documents
from portal import roles
from portal.models import User


def findings(version: Version, *, at: datetime) -> list[Finding]:
    """All findings about `version` as the world is at `at`, blocking ones first."""
    return base.check(version.document.kind, json.loads(version.content), documents.facts(at))


def difference(version: Version) -> list[Change]:
    """What `version` changes against the version in force (everything, when none is)."""
    now = version.document.effective_version
    return base.diff(json.loads(now.content) if now else {}, json.loads(version.content))


def eligible() -> Collection[UUID]:
    """Ids of the active people who may approve: governance admins."""
    return set(User.objects.active().filter(groups__name=roles.GOVERNANCE_ADMIN).values_list("pk", flat=True))
