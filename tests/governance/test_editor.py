"""The editor of drafts, through HTTP: rows typed, moved and kept, findings beside them, and who may."""

import html
import re
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.documents import sections
from governance.models import ChangeRequest, Document
from governance.services import changes
from governance.services import drafts as service
from portal import roles
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.pages import body
from tests.governance.section_forms import arranged, begin, fields, opened, said, send, url
from tests.governance.unchanged import picture, refused

pytestmark = pytest.mark.django_db
LEAD = "roles/lead"
KINDS = ("matrix", "escalation", "rubric", "module", "playbook", "approval", "communication", "glossary")


def sent(client, change, key, data, **changed):
    return send(client, change, key, data | {name.replace("__", "."): value for name, value in changed.items()})


def test_every_part_of_every_kind_opens_and_nothing_is_written(client, admin, company) -> None:
    known = {"matrix": company.matrix, "escalation": company.policy, "rubric": company.rubric}
    for kind in KINDS:
        have = known.get(kind) or Document.objects.filter(kind=kind).first()
        change = begin(have, admin) if have else service.start(kind=kind, title=f"A {kind}", by=admin, at=NOW)
        before = picture()
        start = client.get(reverse("governance:change-edit", args=[change.reference]))
        assert start.status_code == 302
        text = body(client.get(start["Location"]))
        parts = [part for part in sections.sections(kind, is_company=True) if not part.elsewhere]
        addresses = {url(change, part.key) for part in parts}
        linked = set(re.findall(rf'href="(/changes/{change.reference}/edit/[^"?]+)', text))
        assert addresses and linked == addresses
        for address in addresses:
            again = body(client.get(address))
            assert str(company.lead.pk) not in again, "names instead of ids"
            assert fields(again)["seen"]
        assert picture() == before
    change = ChangeRequest.objects.get(document=company.matrix, state="draft")
    assert client.get(url(change, "rows"))["Location"] == reverse("admin:governance_grid")
    for nowhere in (url(change, "nothing"), url(change, "roles", "roles"), url(change, "roles", "nothing/lead")):
        assert client.get(nowhere).status_code == 404
    assert client.get(url(change, "roles", "roles/nobody"))["Location"] == url(change, "roles")


def test_a_list_shows_titles_and_each_row_has_a_page(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    text = body(client.get(url(change)))
    assert f'<a href="{url(change, "roles", LEAD)}">Lead</a>' in text
    assert "roles.0.title" not in text and fields(text)["roles.0.key"] == ["lead"]
    page = body(client.get(url(change, "roles", LEAD)))
    assert fields(page)["title"] == ["Lead"] and "1 of 1" in page


def test_a_role_is_filled_in_and_saved_in_the_draft(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "roles", LEAD)
    data = arranged(client, change, "roles", data, "add:limits")
    assert data["limits.1.action"] == [""]
    data |= {
        "limits.1.action": "Stop a workflow",
        "limits.1.severity": "sev2",
        "limits.1.risk": "medium",
        "artefacts": "A note for every decision\r\n\r\n Handoff note ",
        "handoff": "The next one has read the notes",
        "hours": "8",
        "holders.1": company.leader.name,
    }
    answer = client.post(url(change), data | {"do": "save"}, follow=True)
    assert "Saved in the draft. Nothing is in force yet." in body(answer)
    assert unquote(answer.request["QUERY_STRING"]) == f"row={LEAD}"
    [role] = said(change)["roles"]
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
    listed = body(client.get(url(change)))
    assert '<span class="pill" data-tone="info">changed</span>' in listed and "1 changed" in listed
    assert company.matrix.effective_version.number == 1


def test_rows_in_a_row_come_move_and_go_with_everything_typed_kept(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    before = picture()
    data = opened(client, change, "roles", LEAD) | {"title": ["First answer"]}
    text = body(send(client, change, "roles", data, "add:limits", 200))
    data = fields(text)
    assert data["title"] == ["First answer"] and 'name="limits.1.action" value=""' in text and "autofocus" in text
    data |= {"limits.1.action": ["Call the vendor"]}
    data = arranged(client, change, "roles", data, "up:limits.1")
    assert data["limits.0.action"] == ["Call the vendor"] and data["limits.0.key"] == [""]
    data = arranged(client, change, "roles", data, "remove:limits.1")
    assert data["limits.1.gone"] == ["1"] and data["limits.1.action"] == ["decide"]
    data = arranged(client, change, "roles", data, "keep:limits.1")
    assert "limits.1.gone" not in data and data["limits.1.action"] == ["decide"]
    assert picture() == before
    data = arranged(client, change, "roles", data, "remove:limits.1")
    send(client, change, "roles", data)
    assert [limit["action"] for limit in said(change)["roles"][0]["limits"]] == ["Call the vendor"]


def test_a_new_row_of_a_list_gets_a_page_and_keeps_its_key(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    answer = send(
        client, change, "responsibilities", opened(client, change, "responsibilities"), "add:responsibilities"
    )
    assert answer["Location"] == url(change, "responsibilities", "responsibilities/-")
    for title in ("Talks to the regulator", "Informs the regulator"):
        row = "responsibilities/-" if title.startswith("Talks") else "responsibilities/talks-to-the-regulator"
        data = opened(client, change, "responsibilities", row) | {"title": [title], "stages": ["inform"]}
        answer = send(client, change, "responsibilities", data)
        assert answer["Location"] == url(change, "responsibilities", "responsibilities/talks-to-the-regulator")
        duty = said(change)["responsibilities"][-1]
        assert (duty["key"], duty["title"]) == ("talks-to-the-regulator", title)
    data = opened(client, change, "responsibilities", "responsibilities/owner") | {"title": ["Again"]}
    answer = send(client, change, "responsibilities", data, "again")
    assert answer["Location"] == url(change, "responsibilities", "responsibilities/-")


def test_rows_of_a_list_move_and_are_removed_by_saving(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    keys = [duty["key"] for duty in said(change)["responsibilities"]]
    data = arranged(
        client, change, "responsibilities", opened(client, change, "responsibilities"), "down:responsibilities.0"
    )
    data = arranged(client, change, "responsibilities", data, "remove:responsibilities.1")
    text = body(send(client, change, "responsibilities", data, "draft", 200))
    assert [duty["key"] for duty in said(change)["responsibilities"]] == [keys[1], keys[0], *keys[2:]], "in passing"
    send(client, change, "responsibilities", fields(text))
    assert [duty["key"] for duty in said(change)["responsibilities"]] == [keys[1], *keys[2:]]


def test_buttons_of_a_row_say_in_words_what_they_do_and_name_the_row(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = arranged(client, change, "roles", opened(client, change, "roles", LEAD), "add:limits")
    page = body(send(client, change, "roles", data, "add:limits", 200))
    said_of = dict(re.findall(r'<button class="btn small quiet"[^>]* aria-label="([^"]+)">(.*?)</button>', page))
    shown = {name: re.sub(r"<[^>]+>", "", words).split()[-1] for name, words in said_of.items()}
    assert {words for name, words in shown.items() if name.startswith("Move up: ")} == {"Up"}
    assert {words for name, words in shown.items() if name.startswith("Move down: ")} == {"Down"}
    assert {words for name, words in shown.items() if name.startswith("Remove: ")} == {"Remove"}


def test_lasting_duties_of_the_company_cannot_be_removed_and_say_why(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    text = body(client.get(url(change, "responsibilities")))
    assert text.count("Always there: somebody has to") == 3
    assert re.findall(r'value="remove:responsibilities\.(\d)"', text) == ["0", "1"]
    again = arranged(client, change, "responsibilities", fields(text), "remove:responsibilities.2")
    assert "responsibilities.2.gone" not in again


def test_what_is_typed_is_kept_in_passing(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "roles", "roles/-") | {"title": ["Night lead"]}
    text = body(send(client, change, "roles", data, "draft", 200))
    assert "Saved in the draft." in text
    data = fields(text)
    assert data["row"] == ["roles/night-lead"]
    text = body(send(client, change, "roles", data | {"title": ["Lead at night"]}, "draft", 200))
    assert [(role["key"], role["title"]) for role in said(change)["roles"]] == [
        ("lead", "Lead"),
        ("night-lead", "Lead at night"),
    ]
    before = picture()
    assert "Everything is saved." in body(send(client, change, "roles", fields(text), "draft", 200))
    wrong = body(send(client, change, "roles", fields(text) | {"hours": ["soon"]}, "draft", 200))
    assert "Not saved yet" in wrong and "Write a whole number" in wrong and fields(wrong)["hours"] == ["soon"]
    empty = opened(client, change, "roles", "roles/-")
    assert "Write something here" not in body(send(client, change, "roles", empty, "draft", 200)), "not even begun"
    assert "Write something here" in body(send(client, change, "roles", empty, status=422), 422)
    assert picture() == before


def test_a_duty_without_a_stage_must_be_fixed_and_says_so_beside_the_field(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "responsibilities", "responsibilities/owner")
    data.pop("stages")
    text = body(send(client, change, "responsibilities", data, "draft", 200))
    beside = text[text.index('id="e-stages"') :][:400]
    assert "Must be fixed:" in beside and "say during which stages of an outage this counts." in beside
    text = body(client.get(url(change)))
    assert "things must be fixed" in text and "It can be sent for review" not in text
    assert f'href="{url(change, "responsibilities", "responsibilities/owner")}"' in text, "a way to mend it"
    changes.describe(change=change, by=admin, at=NOW, said={"reason": "agreed"})
    with refused(changes.NotSubmittable, "say during which stages"):
        changes.submit(change=change, by=admin, at=NOW)


def test_named_decisions_and_the_conflict_rule_are_filled_in(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "decisions", "decisions/-")
    data |= {"title": ["Stop or go on"], "responsibility": ["owner"], "minutes": ["30"]}
    data = arranged(client, change, "decisions", data, "add:options") | {"options.0.title": ["Stop it"]}
    send(client, change, "decisions", data)
    data = opened(client, change, "conflict")
    if "conflict.minutes" not in data:
        data = arranged(client, change, "conflict", data, "add:conflict")
    data |= {"conflict.tie_breaker": ["Leadership"], "conflict.minutes": ["45"]}
    send(client, change, "conflict", data | {"conflict.note": ["The safer one holds."]})
    found = said(change)
    assert found["decisions"] == [
        {
            "key": "stop-or-go-on",
            "title": "Stop or go on",
            "responsibility": "owner",
            "options": [{"key": "stop-it", "title": "Stop it"}],
            "minutes": 30,
        }
    ]
    team = str(company.leadership.pk)
    assert found["conflict"] == {"tie_breaker": {"team": team}, "minutes": 45, "note": "The safer one holds."}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hours": ["soon"]}, "Write a whole number, for example 30."),
        ({"title": [""]}, "Write something here"),
        ({"holders.0": ["Nobody Known"]}, "We do not know “Nobody Known”."),
        ({"title": ["A\x01B"]}, "control character"),
    ],
)
def test_what_cannot_be_saved_is_asked_again_in_plain_words_with_everything_kept(
    client, admin, company, changed, words
) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "roles", LEAD) | {"artefacts": ["Typed a moment ago"]} | changed
    before = picture()
    text = body(send(client, change, "roles", data, status=422), 422)
    assert picture() == before
    assert words in html.unescape(text) and "Typed a moment ago" in text
    [(name, [value])] = changed.items()
    assert fields(text)[name] == [value]


def test_nothing_typed_is_nothing_saved(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    before = picture()
    answer = client.post(url(change), opened(client, change) | {"do": "save"}, follow=True)
    assert "Everything is saved." in body(answer)
    assert picture() == before


def test_levels_tell_a_stand_in_by_words(client, admin, company) -> None:
    change = begin(company.policy, admin)
    levels = said(change)["levels"]
    data = opened(client, change, "levels", f"levels/{levels[1]['key']}")
    assert data["targets.0"] == ["On call (stand-in 1)"]
    data = opened(client, change, "levels", f"levels/{levels[0]['key']}") | {"targets.0": ["Owner (stand-in 2)"]}
    send(client, change, "levels", data)
    found = said(change)["levels"]
    assert found[0]["targets"] == [{"responsibility": "owner", "alternate": 2}]
    assert found[1]["targets"] == [{"responsibility": "on_call", "alternate": 1}]


def test_the_preview_reads_the_draft_with_names(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "roles", LEAD) | {"artefacts": ["Notes for those who come next"]}
    send(client, change, "roles", data)
    text = body(client.get(reverse("governance:change-edit", args=[change.reference]), {"part": "preview"}))
    assert "Notes for those who come next" in text and company.lead.name in text
    assert str(company.lead.pk) not in text


def test_the_text_goes_out_and_comes_back_as_yaml(client, admin, company) -> None:
    change = begin(company.rubric, admin)
    out = client.get(reverse("governance:change-export", args=[change.reference]))
    assert out["Content-Type"].startswith("application/yaml") and out["Content-Disposition"].endswith('.yaml"')
    address = reverse("governance:change-text", args=[change.reference])
    data = {name: value[0] for name, value in whole_form(body(client.get(address))).items()}
    title = said(change)["title"]
    answer = client.post(address, data | {"text": data["text"].replace(title, "Other words", 1)})
    assert answer.status_code == 302 and said(change)["title"] == "Other words"
    before = picture()
    again = client.post(address, data | {"text": "title: [\n"})
    assert again.status_code == 422 and "title: [" in again.content.decode()
    late = client.post(address, data | {"text": data["text"].replace(title, "Too late", 1)})
    assert "saved this draft after you had opened it" in body(late, 422) and "Too late" in late.content.decode()
    assert picture() == before


def whole_form(text: str) -> dict[str, list[str]]:
    """The fields of the form with a text."""
    start = text.index("<form", text.index('class="card"'))
    return fields('<form id="section">' + text[start : text.index("</form>", start)] + "</form>")


# Many rows


def playbook(admin, steps: int) -> ChangeRequest:
    """A draft of a playbook with a scenario of so many steps."""
    rows = [{"key": f"s{n}", "title": f"Step {n}", "does": "action", "checks": ["done"]} for n in range(steps)]
    content = {"title": "Long", "scope": {}, "scenarios": [{"key": "one", "title": "One", "steps": rows}]}
    version = make.make_draft(content, kind="playbook", key=f"long-{steps}", by=admin)
    return asked(version, admin)


def asked(version, admin) -> ChangeRequest:
    from portal import audit

    with audit.action(actor=admin, reason="draft begun", at=NOW):
        return changes.ask(document=version.document, version=version, reason="", by=admin, at=NOW)


def test_many_rows_ask_no_more_of_the_database(client, admin, company) -> None:
    few, many = playbook(admin, 3), playbook(admin, 200)
    for row in ("", "scenarios/one", "scenarios/one/steps/s2"):
        counts = []
        for change in (few, many):
            client.get(url(change, "scenarios", row))
            with CaptureQueriesContext(connection) as queries:
                text = body(client.get(url(change, "scenarios", row)))
            counts.append(len(queries))
        assert counts[0] == counts[1], row
    assert "3 of 200" in text
    data = opened(client, many, "scenarios", "scenarios/one/steps/s199") | {"next": ["end"], "follows": [""]}
    send(client, many, "scenarios", data)
    assert said(many)["scenarios"][0]["steps"][199]["next"] == "end"
    assert len(said(many)["scenarios"][0]["steps"]) == 200


# Who may


def test_a_team_admin_writes_the_own_matrix_and_not_that_of_others(client, company) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,), is_staff=True)
    row = {
        "key": "on",
        "scope": {"team": "orders"},
        "responsibility": "on_call",
        "holder": {"person": company.lead.email},
    }
    content = {"title": "Orders", "scope": {"team": "orders"}, "rows": [row]}
    own = begin(make.make_document(content, kind="matrix", key="orders", by=company.admin), keeper)
    client.force_login(keeper)
    send(client, own, "roles", opened(client, own, "roles", "roles/-") | {"title": ["Night lead"]})
    assert said(own)["roles"] == [{"key": "night-lead", "title": "Night lead"}]
    other = begin(company.matrix, company.admin)
    before = picture()
    for answer in (
        client.get(url(other)),
        client.post(url(other), {"do": "save", "seen": "x"}),
        client.get(reverse("governance:change-text", args=[other.reference])),
        client.get(reverse("governance:change-export", args=[other.reference])),
    ):
        assert answer.status_code == 403 and "You keep the matrix of your own team only" in answer.content.decode()
    assert picture() == before


def test_a_draft_that_was_sent_cannot_be_written_any_more(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "roles", LEAD) | {"title": ["Mine"]}
    send(client, change, "roles", data)
    changes.withdraw(change=change, why="not now", by=admin, at=NOW)
    before = picture()
    for answer in (client.get(url(change)), client.post(url(change), data | {"do": "save"})):
        assert answer.status_code == 302 and answer["Location"] == change.get_absolute_url()
    assert picture() == before
