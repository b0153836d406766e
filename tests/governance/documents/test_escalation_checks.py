"""What the checks of an escalation policy refuse and advise."""

from __future__ import annotations

import pytest

from tests.governance.documents import world
from tests.governance.documents.judged import PRIMARY, UNKNOWN, advice, altered, blocking, rostered
from tests.governance.documents.world import person


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: c["levels"][0].update(targets=[{"board": UNKNOWN}]),
            "/levels/first-level/targets/0/board",
            "This board does not exist or is no longer used.",
        ),
        (
            lambda c: c["levels"][0].update(targets=[{"schedule": UNKNOWN}]),
            "/levels/first-level/targets/0/schedule",
            "This on-call schedule does not exist or is no longer used.",
        ),
        (
            lambda c: c["levels"][0].update(targets=[{"responsibility": "nothing"}]),
            "/levels/first-level/targets/0",
            "There is no responsibility called 'nothing' in the company matrix.",
        ),
        (lambda c: c["levels"][0].update(targets=[]), "/levels/first-level/targets", "First level tells nobody."),
        (
            lambda c: c["levels"].append({**c["levels"][0], "key": "lost", "title": "Lost"}),
            "/levels/lost",
            "Lost is on no path, so it is never reached.",
        ),
        (
            lambda c: c["levels"][0].update(on_timeout="hold"),
            "/paths/high/levels",
            "Second level is never reached: First level ends the path.",
        ),
        (
            lambda c: (
                c["levels"][2].update(criteria={"criticality": ["high"]}),
                c["paths"][1]["levels"].append("leadership"),
            ),
            "/paths/medium/levels",
            "Leadership is never reached on Medium criticality asks everybody concerned together:"
            " its criteria exclude it.",
        ),
        (
            lambda c: c["paths"][0]["levels"].append("nothing"),
            "/paths/high/levels",
            "There is no level called 'nothing'.",
        ),
        (
            lambda c: c["paths"].append({**c["paths"][0], "key": "twin", "title": "Twin"}),
            "/paths/twin",
            "Twin and High criticality tells leadership fast are for the same incidents.",
        ),
        (
            lambda c: c.update(paths=[path for path in c["paths"] if path["key"] not in ("medium", "unknown")]),
            "/paths",
            "No path covers medium criticality at SEV1, SEV2, SEV3, SEV4.",
        ),
        (lambda c: c.update(fallback=[]), "/fallback", "Nobody is told when nobody was reached; name a fallback."),
        (
            lambda c: c["exceptions"][0].update(path="nothing"),
            "/exceptions/data-integrity/path",
            "There is no path called 'nothing'.",
        ),
        (lambda c: c["timeboxes"].append({"key": "other"}), "/timeboxes/other", "Two timeboxes are for any."),
        (
            lambda c: c["levels"][0].update(key="news"),
            "/levels/news",
            "No level may have the key 'news'; choose another.",
        ),
    ],
)
def test_a_policy_with_a_hole_is_refused_and_the_place_is_named(change, path, words):
    assert (path, words) in blocking("escalation", altered("escalation", change))


def test_a_level_that_tells_a_schedule_needs_somebody_on_call_within_a_week():
    content = altered("escalation", lambda c: c["levels"][0].update(targets=[{"schedule": str(PRIMARY)}]))
    assert rostered("escalation", content, "responder") == []
    nobody = [("/levels/first-level/targets/0", "Primary has nobody on call within the next week.")]
    assert rostered("escalation", content) == nobody


def test_a_team_without_active_members_cannot_be_the_fallback():
    found = blocking("escalation", world.content("escalation"), operator=person("operator", active=False))
    assert found == [("/fallback/0", "The team operators has no active member.")]


def test_a_cap_that_cuts_a_path_is_advised_against():
    content = altered("escalation", lambda c: c.update(cap=4))
    sentence = "High criticality tells leadership fast needs 7 steps but the cap is 4; the last ones are never taken."
    assert sentence in advice("escalation", content)


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: c["paths"][0].update(levels=[]),
            "/paths/high/levels",
            "High criticality tells leadership fast has no levels.",
        ),
        (
            lambda c: c["paths"][0].update(levels=["first-level", "first-level"]),
            "/paths/high/levels",
            "High criticality tells leadership fast names a level twice; use repeats instead.",
        ),
        (
            lambda c: c["paths"][0].update(news={"every_minutes": 60}),
            "/paths/high/news/targets",
            "The news of High criticality tells leadership fast tell nobody.",
        ),
        (
            lambda c: c.update(paths=[item for item in c["paths"] if item["key"] not in ("high", "unknown")]),
            "/paths",
            "No path covers high criticality at SEV1, SEV2, SEV3, SEV4.",
        ),
        (
            lambda c: c.update(paths=[item for item in c["paths"] if item["key"] not in ("low", "unknown")]),
            "/paths",
            "No path covers low criticality at SEV1, SEV2, SEV3, SEV4.",
        ),
    ],
)
def test_a_path_that_tells_nobody_or_lacks_is_refused(change, path, words):
    assert (path, words) in blocking("escalation", altered("escalation", change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: c["levels"][0].update(window_minutes=24 * 60),
            "High criticality tells leadership fast takes more than a day until everybody was told.",
        ),
        (
            lambda c: c["timeboxes"][0].update(severity="sev1"),
            "Some severities have no timebox; 15 and 60 minutes hold for them.",
        ),
        (
            lambda c: c.update(paths=[item for item in c["paths"] if item["key"] != "unknown"]),
            "No path is for any criticality and any severity;"
            " an unknown workflow takes the path of medium criticality.",
        ),
    ],
)
def test_what_makes_a_policy_slow_or_silent_is_advised_against(change, words):
    assert words not in advice("escalation", world.content("escalation"))
    assert words in advice("escalation", altered("escalation", change))
    assert blocking("escalation", altered("escalation", change)) == []


def test_a_timebox_for_each_severity_needs_none_for_any():
    boxes = [{"key": severity, "severity": severity} for severity in ("sev1", "sev2", "sev3", "sev4")]
    content = altered("escalation", lambda c: c.update(timeboxes=boxes))
    assert not any("timebox" in words for words in advice("escalation", content))
