"""The section editor in the admin, through HTTP: rows typed, moved and kept, findings beside them, and who may."""

import html
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.documents import sections
from governance.models import ChangeRequest, Version
from governance.reads import drafts
from governance.services import changes
from governance.services import drafts as service
from portal import roles
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.pages import body
from tests.governance.section_forms import WHY, arranged, fields, mine, opened, send, url
from tests.governance.unchanged import picture, refused

pytestmark = pytest.mark.django_db


def test_every_part_of_every_kind_opens_and_nothing_is_written(client, admin, company) -> None:
    before = picture()
    for document in (company.matrix, company.policy, company.rubric):
        start = client.get(reverse("admin:governance_document_sections", args=[document.pk]))
        assert start.status_code == 302
        text = body(client.get(start["Location"]))
        parts = sections.sections(document.kind, is_company=True)
        addresses = {url(document, part.key) for part in parts if not part.elsewhere}
        assert addresses and set(re.findall(rf'href="([^"]*{document.pk}/sections/[^"]+)"', text)) == addresses
        for address in addresses:
            again = body(client.get(address))
            assert str(company.lead.pk) not in again, "names instead of ids"
            assert fields(again)["seen"]
    assert picture() == before
    assert client.get(url(company.matrix, "rows"))["Location"] == reverse("admin:governance_grid")
    assert client.get(url(company.matrix, "nothing")).status_code == 404
    assert client.get(url(company.matrix).replace(str(company.matrix.pk), "x")).status_code == 404


def test_a_role_is_filled_in_saved_and_published(client, admin, company) -> None:
    data = opened(client, company.matrix) | WHY
    data = arranged(client, company.matrix, "roles", data, "add:roles.0.limits") | WHY
    assert data["roles.0.limits.1.action"] == [""]
    data |= {
        "roles.0.limits.1.action": "Stop a workflow",
        "roles.0.limits.1.severity": "sev2",
        "roles.0.limits.1.risk": "medium",
        "roles.0.artefacts": "A note for every decision\r\n\r\n Handoff note ",
        "roles.0.handoff": "The next one has read the notes",
        "roles.0.hours": "8",
        "roles.0.holders.1": company.leader.name,
    }
    answer = client.post(url(company.matrix), data | {"do": "save"}, follow=True)
    assert "Saved in the draft of version 2" in body(answer)
    assert "Review and publish" in answer.content.decode()
    [request] = ChangeRequest.objects.filter(state="draft")
    assert (request.requested_by, request.reason) == (admin, WHY["reason"])
    [role] = json.loads(request.version.content)["roles"]
    assert role == {
        "key": "lead",
        "title": "Lead",
        "holders": [{"person": str(company.lead.pk)}, {"person": str(company.leader.pk)}],
        "limits": [
            {"key": "all", "action": "decide"},
            {"key": "stop-a-workflow", "action": "Stop a workflow", "severity": "sev2", "risk": "medium"},
        ],
        "artefacts": ["A note for every decision", "Handoff note"],
        "handoff": ["The next one has read the notes"],
        "hours": 8,
    }
    page = client.get(reverse("admin:governance_version_change", args=[request.version_id])).content.decode()
    assert "Stop a workflow" in page and url(company.matrix).rpartition("roles")[0] in page
    changes.publish(version=request.version, reason="agreed", by=admin, at=NOW)
    assert "You see version 2, which is in force" in body(client.get(url(company.matrix)))


def test_rows_come_move_and_go_with_everything_typed_kept(client, admin, company) -> None:
    before = picture()
    data = opened(client, company.matrix, "responsibilities")
    data |= {"responsibilities.0.title": ["First answer"], "reason": ["half a reas"]}
    text = body(send(client, company.matrix, "responsibilities", data, "add:responsibilities", 200))
    data = fields(text)
    assert data["responsibilities.0.title"] == ["First answer"] and data["reason"] == ["half a reas"]
    assert 'name="responsibilities.5.title" value=""' in text and "autofocus" in text
    data |= {"responsibilities.5.title": ["Talks to the regulator"], "responsibilities.5.stages": ["inform"]}
    data = arranged(client, company.matrix, "responsibilities", data, "up:responsibilities.5")
    assert data["responsibilities.4.title"] == ["Talks to the regulator"]
    assert data["responsibilities.4.key"] == [""] and data["responsibilities.4.stages"] == ["inform"]
    data = arranged(client, company.matrix, "responsibilities", data, "remove:responsibilities.4")
    assert [name for name in data if name.endswith(".title")] == [f"responsibilities.{n}.title" for n in range(5)]
    assert picture() == before


def test_lasting_duties_of_the_company_cannot_be_removed_and_say_why(client, admin, company) -> None:
    text = body(client.get(url(company.matrix, "responsibilities")))
    assert text.count("Always there: somebody has to") == 3
    assert re.findall(r'value="remove:responsibilities\.(\d)"', text) == ["0", "1"]
    data = fields(text)
    again = arranged(client, company.matrix, "responsibilities", data, "remove:responsibilities.2")
    assert again["responsibilities.2.key"] == ["exceptions"]


def test_a_responsibility_without_a_stage_must_be_fixed_and_says_so_beside_the_field(client, admin, company) -> None:
    data = opened(client, company.matrix, "responsibilities") | WHY
    data.pop("responsibilities.1.stages")
    text = body(send(client, company.matrix, "responsibilities", data, "check", 200))
    beside = text[text.index('id="e-responsibilities-1-stages"') :][:400]
    assert "Must be fixed:" in beside and "Owner: say during which stages of an outage this counts." in beside
    assert "No responsibility covers the stage remediate." in text  # of the whole list
    send(client, company.matrix, "responsibilities", data)  # a draft may be unfinished
    text = body(client.get(url(company.matrix)))
    assert "things must be fixed before it can take effect" in text and "Review and publish" not in text
    version = Version.objects.get(document=company.matrix, number=2)
    with refused(changes.NotPublishable, "say during which stages"):
        changes.publish(version=version, reason="agreed", by=admin, at=NOW)


def test_a_new_duty_keeps_its_key_when_its_title_changes(client, admin, company) -> None:
    for title in ("Talks to the regulator", "Informs the regulator"):
        data = opened(client, company.matrix, "responsibilities") | WHY
        if title.startswith("Talks"):
            data = arranged(client, company.matrix, "responsibilities", data, "add:responsibilities") | WHY
        data |= {"responsibilities.5.title": [title], "responsibilities.5.stages": ["inform"]}
        send(client, company.matrix, "responsibilities", data)
        duty = mine(company.matrix, admin)["responsibilities"][5]
        assert (duty["key"], duty["title"]) == ("talks-to-the-regulator", title)
    assert ChangeRequest.objects.filter(state="draft").count() == 1


def test_named_decisions_and_the_conflict_rule_are_filled_in(client, admin, company) -> None:
    data = fields(
        body(
            send(client, company.matrix, "decisions", opened(client, company.matrix, "decisions"), "add:decisions", 200)
        )
    )
    data |= {
        "decisions.0.title": ["Stop or go on"],
        "decisions.0.responsibility": ["owner"],
        "decisions.0.minutes": ["30"],
    }
    data = arranged(client, company.matrix, "decisions", data, "add:decisions.0.options") | WHY
    data |= {"decisions.0.options.0.title": ["Stop it"]}
    send(client, company.matrix, "decisions", data)
    data = opened(client, company.matrix, "conflict") | WHY
    data |= {
        "conflict.tie_breaker": ["Leadership"],
        "conflict.minutes": ["45"],
        "conflict.note": ["The safer one holds."],
    }
    send(client, company.matrix, "conflict", data)
    said = mine(company.matrix, admin)
    assert said["decisions"] == [
        {
            "key": "stop-or-go-on",
            "title": "Stop or go on",
            "responsibility": "owner",
            "options": [{"key": "stop-it", "title": "Stop it"}],
            "minutes": 30,
        }
    ]
    team = str(company.leadership.pk)
    assert said["conflict"] == {"tie_breaker": {"team": team}, "minutes": 45, "note": "The safer one holds."}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"roles.0.hours": ["soon"]}, "Write a whole number, for example 30."),
        ({"roles.0.title": [""]}, "Write something here, or remove the row."),
        ({"roles.0.holders.0": ["Nobody Known"]}, "We do not know “Nobody Known”."),
        ({"reason": [" "]}, "Say in up to 500 characters why"),
        ({"roles.0.title": ["A\x01B"]}, "control character"),
    ],
)
def test_what_cannot_be_saved_is_asked_again_in_plain_words_with_everything_kept(
    client, admin, company, change, words
) -> None:
    data = opened(client, company.matrix) | WHY | {"roles.0.artefacts": ["Typed a moment ago"]} | change
    before = picture()
    text = body(send(client, company.matrix, "roles", data, status=422), 422)
    assert picture() == before
    assert words in html.unescape(text) and "Typed a moment ago" in text
    [(name, [value])] = change.items()
    assert fields(text)[name] == [value]


def test_nothing_typed_is_nothing_saved(client, admin, company) -> None:
    before = picture()
    answer = client.post(url(company.matrix), opened(client, company.matrix) | WHY | {"do": "save"}, follow=True)
    assert "Nothing was changed, so there is nothing to save." in body(answer)
    assert picture() == before


def test_levels_tell_a_stand_in_by_words(client, admin, company) -> None:
    data = opened(client, company.policy, "levels") | WHY
    assert data["levels.1.targets.0"] == ["On call (stand-in 1)"]
    data |= {"levels.0.targets.0": ["Owner (stand-in 2)"]}
    send(client, company.policy, "levels", data)
    said = mine(company.policy, admin)["levels"]
    assert said[0]["targets"] == [{"responsibility": "owner", "alternate": 2}]
    assert said[1]["targets"] == [{"responsibility": "on_call", "alternate": 1}]


def with_duties(company, by, count: int) -> None:
    """A draft of `by` with so many more responsibilities."""
    said = mine(company.matrix, by)
    more = [{"key": f"more-{count}-{n}", "title": f"Duty {n}", "stages": ["verify"]} for n in range(count)]
    token = drafts.token(said, ("responsibilities",))
    parts = {"responsibilities": [*said["responsibilities"], *more]}
    service.put(document=company.matrix, names=tuple(parts), parts=parts, seen=token, reason="many", by=by, at=NOW)


def test_many_rows_ask_no_more_of_the_database_and_come_back_whole(client, admin, company) -> None:
    with_duties(company, admin, 2)
    page = url(company.matrix, "responsibilities")
    client.get(page)
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    with_duties(company, admin, 400)
    with CaptureQueriesContext(connection) as many:
        client.get(page)
    assert len(many) == len(few)
    data = opened(client, company.matrix, "responsibilities") | WHY
    assert len(data) > 1_000  # more fields than Django takes by itself
    data |= {"responsibilities.400.title": ["The last but few"]}
    send(client, company.matrix, "responsibilities", data)
    assert mine(company.matrix, admin)["responsibilities"][400]["title"] == "The last but few"


# Who may


def test_a_team_admin_keeps_the_own_matrix_and_reads_the_others(client, company) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,), is_staff=True)
    row = {
        "key": "on",
        "scope": {"team": "orders"},
        "responsibility": "on_call",
        "holder": {"person": company.lead.email},
    }
    content = {"title": "Orders", "scope": {"team": "orders"}, "rows": [row]}
    own = make.make_document(content, kind="matrix", key="orders", by=company.admin)
    client.force_login(keeper)
    data = arranged(client, own, "roles", opened(client, own), "add:roles") | WHY
    data |= {"roles.0.title": ["Night lead"]}
    send(client, own, "roles", data)
    assert mine(own, keeper)["roles"] == [{"key": "night-lead", "title": "Night lead"}]
    assert "A governance admin publishes it." in body(client.get(url(own)))
    before = picture()
    text = body(client.get(url(company.matrix)))
    assert "You keep the matrix of your own team only" in text and '<fieldset class="plain" disabled>' in text
    answer = client.post(url(company.matrix), opened(client, company.matrix) | WHY | {"do": "save"})
    assert answer.status_code == 403 and picture() == before
    assert url(own).rpartition("roles")[0] in client.get(reverse("admin:governance_grid")).content.decode()


def test_nobody_else_is_offered_or_allowed_the_editor(client, company) -> None:
    data = WHY | {"do": "save", "seen": "x", "roles.0.title": "Mine"}
    client.force_login(company.responder)
    before = picture()
    for answer in (client.get(url(company.matrix)), client.post(url(company.matrix), data)):
        assert answer.status_code == 302 and answer["Location"].startswith(reverse("admin:login"))
    assert picture() == before
    for name in ("governance:ownership", "governance:contacts"):
        assert "/sections/" not in client.get(reverse(name)).content.decode()


def test_the_pages_of_a_document_the_grid_and_ownership_lead_there(client, admin, company) -> None:
    start = reverse("admin:governance_document_sections", args=[company.matrix.pk])
    for address in (
        reverse("admin:governance_document_change", args=[company.matrix.pk]),
        reverse("admin:governance_grid"),
        reverse("governance:ownership"),
        reverse("governance:contacts"),
    ):
        assert start in client.get(address).content.decode(), address
