"""What a draft says and lacks, for its page and for the judgment under the lock."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from governance.documents import base, places
from governance.documents import redline as drawn
from governance.documents.diff import Change
from governance.documents.facts import Finding
from governance.documents.redline import SHOWN, Redline
from governance.models import Version
from governance.reads import documents, named, sentences


def findings(version: Version, *, at: datetime) -> list[Finding]:
    """All findings about `version` as the world is at `at`, blocking ones first."""
    return base.check_stored(version.document.kind, version.content, documents.facts(at))


def difference(version: Version) -> list[Change]:
    """What `version` changes against the version in force (everything, when none is)."""
    now = version.document.effective_version
    return base.diff(json.loads(now.content) if now else {}, json.loads(version.content))


def redline(old: dict[str, Any], new: dict[str, Any], *, shown: int = SHOWN) -> Redline:
    """The difference of two JSON contents in the reader's words; one query for each kind of thing that is named."""
    names = named.Named([old, new])
    return drawn.redline(old, new, name=names.name, say=sentences.said, titles=named.titles(), shown=shown)


def places_in_words(paths: Sequence[str], contents: Sequence[dict[str, Any]]) -> list[str]:
    """Each of `paths` in the reader's words: section, title of the row, field. `contents` say what the rows are."""
    return places_of([(path, contents) for path in paths])


def places_of(wanted: Sequence[tuple[str, Sequence[dict[str, Any]]]]) -> list[str]:
    """The same for paths that each have contents of their own; one query for each kind of thing that is named."""
    if not wanted:
        return []
    every = {id(content): content for _path, contents in wanted for content in contents}
    names, titles = named.Named(every.values()), named.titles()
    each = (
        places.words(path, contents, name=names.name, say=sentences.said, titles=titles) for path, contents in wanted
    )
    return [" · ".join([text[:1].upper() + text[1:] for text in found[:1]] + list(found[1:])) for found in each]


def content(version: Version | None) -> dict[str, Any]:
    """What `version` says as JSON; nothing when there is none."""
    found: dict[str, Any] = json.loads(version.content) if version else {}
    return found
