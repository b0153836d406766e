"""The German catalog: complete, faithful to its placeholders, compiled, and what a person really sees."""

import ast
import gettext
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.template.loader import get_template
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation.template import templatize

from governance.documents.sentences import Sentence
from governance.reads import sentences
from governance.templatetags.said import worded
from tests.factories_governance import Company, make_company

FOLDER = Path(__file__).resolve().parents[1] / "locale" / "de" / "LC_MESSAGES"
ENGLISH = FOLDER.parents[1] / "en" / "LC_MESSAGES"  # what packages say, in the words of the house
PLACEHOLDER = re.compile(r"%%[a-z]|%\(\w+\)[sd]|%[sd]|\{\w+\}")
TAG = re.compile(r"</?[a-z][^>]*>")
INFORMAL = re.compile(r"\b(?:[Dd]u|[Dd]ich|[Dd]ir|[Dd]eine?[mnrs]?)\b")
Entry = dict[str, str]


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Begin in English, and leave no language behind: a request keeps its own active in the thread."""
    with translation.override("en"):
        yield
    translation.deactivate()


def entries() -> list[Entry]:
    """Every entry of the catalog but its header, as {keyword: text}; `flags` holds its comments."""
    found = []
    for block in re.split(r"\n\s*\n", (FOLDER / "django.po").read_text(encoding="utf-8")):
        entry: Entry = {"flags": ""}
        keyword = ""
        for line in block.splitlines():
            if line.startswith("#"):
                entry["flags"] += line
            elif match := re.fullmatch(r'(msg\w+(?:\[\d\])?) (".*")', line):
                keyword = match[1]
                entry[keyword] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                entry[keyword] += ast.literal_eval(line)
        if entry.get("msgid"):
            found.append(entry)
    return found


def translations(entry: Entry) -> list[str]:
    return [text for keyword, text in entry.items() if keyword.startswith("msgstr")]


def named(pattern: "re.Pattern[str]", text: str) -> list[str]:
    return sorted(pattern.findall(text))


def test_every_sentence_is_translated_and_none_is_a_guess() -> None:
    catalog = entries()
    assert len(catalog) > 1100
    assert [entry["msgid"] for entry in catalog if not all(translations(entry))] == []
    assert [entry["msgid"] for entry in catalog if "fuzzy" in entry["flags"]] == []
    assert [entry["msgid"] for entry in catalog if "msgid_plural" in entry and len(translations(entry)) != 2] == []


def test_no_word_of_ours_takes_the_name_of_a_month() -> None:
    """ "May" is what somebody may do as well: a catalog without a context says the same for both."""
    with translation.override("de"):
        said = [date_format(date(2027, month, 10), "j. F Y") for month in range(1, 13)]
        short = [date_format(date(2027, month, 10), "j. M Y") for month in range(1, 13)]
    assert (said[4], short[4]) == ("10. Mai 2027", "10. Mai 2027")
    months = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ]
    assert said == [f"10. {month} 2027" for month in months]
    assert [line.split()[1][:2] for line in short] == [month[:2] for month in months]


def test_no_sentence_stands_twice() -> None:
    keys = [(entry.get("msgctxt"), entry["msgid"]) for entry in entries()]
    assert len(keys) == len(set(keys))


def test_placeholders_and_markup_agree() -> None:
    wrong = []
    for entry in entries():
        texts = {"msgstr": entry["msgid"], "msgstr[0]": entry["msgid"], "msgstr[1]": entry.get("msgid_plural", "")}
        for keyword, english in texts.items():
            german = entry.get(keyword)
            if german is None:
                continue
            for pattern in (PLACEHOLDER, TAG):
                if named(pattern, german) != named(pattern, english):
                    wrong.append((english, german))
    assert wrong == []


def test_spaces_at_the_edges_agree() -> None:
    """Sentences are joined from parts; a lost space would glue two words together."""
    pairs = [(entry["msgid"], text) for entry in entries() for text in translations(entry)]
    edges = re.compile(r"^\s*|\s*$")
    assert [pair for pair in pairs if edges.findall(pair[0]) != edges.findall(pair[1])] == []


def test_the_compiled_catalog_is_in_step() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    size = 0
    for entry in entries():
        context = entry.get("msgctxt")
        size += len(translations(entry))
        if "msgid_plural" in entry:
            for count, keyword in ((1, "msgstr[0]"), (2, "msgstr[1]")):
                assert compiled.ngettext(entry["msgid"], entry["msgid_plural"], count) == entry[keyword]
        elif context:
            assert compiled.pgettext(context, entry["msgid"]) == entry["msgstr"]
        else:
            assert compiled.gettext(entry["msgid"]) == entry["msgstr"]
    header = 1
    assert len(compiled._catalog) == size + header  # type: ignore[attr-defined]


def test_the_header_names_nobody() -> None:
    head = (FOLDER / "django.po").read_text(encoding="utf-8").split("\n\n")[0]
    assert "@" not in head
    assert "Language: de" in head
    assert "nplurals=2; plural=(n != 1);" in head


def test_people_are_addressed_formally() -> None:
    assert [text for entry in entries() for text in translations(entry) if INFORMAL.search(text)] == []


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("incident", "Störung"),
        ("near miss", "Beinahe-Störung"),
        ("Acknowledge", "Übernehmen"),
        ("On call", "Bereitschaft"),
        ("Timeline", "Verlauf"),
        ("ownership matrix", "Zuständigkeitsmatrix"),
        ("draft", "Entwurf"),
        ("Put off calls", "Anrufe aussetzen"),
        ("Resolved", "Behoben"),
        ("Contained", "Eingedämmt"),
    ],
)
def test_the_words_of_the_house(english: str, german: str) -> None:
    with translation.override("de"):
        assert translation.gettext(english) == german


def test_counts_follow_the_number() -> None:
    with translation.override("de"):
        said = [translation.ngettext("%d incident", "%d incidents", n) % n for n in (0, 1, 2)]
    assert said == ["0 Störungen", "1 Störung", "2 Störungen"]


@pytest.fixture
def company(db: None) -> Company:
    return make_company()


def report_page(company: Company, client: Client, language: str, **person: Any) -> str:
    type(company.reporter).objects.filter(pk=company.reporter.pk).update(**({"locale": ""} | person))
    client.force_login(company.reporter)
    response = client.get("/incidents/new/", headers={"accept-language": language})
    assert response.status_code == 200
    return response.content.decode()


def test_the_report_page_speaks_german(company: Company, client: Client) -> None:
    page = report_page(company, client, "de")
    assert '<html lang="de"' in page
    for words in ("Störung melden", "Was funktioniert nicht mehr?", "Wann haben Sie es zuerst bemerkt?"):
        assert words in page
    for words in ("What stopped working?", "When did you first notice it?", "Send report"):
        assert words not in page


def test_the_report_page_still_speaks_english(company: Company, client: Client) -> None:
    assert "What stopped working?" in report_page(company, client, "en")


def test_the_language_of_the_person_wins(company: Company, client: Client) -> None:
    assert "Was funktioniert nicht mehr?" in report_page(company, client, "en", locale="de")


def test_the_sign_in_page_speaks_german(client: Client, db: None) -> None:
    page = client.get("/accounts/login/", headers={"accept-language": "de-AT"}, follow=True).content.decode()
    assert "Anmelden" in page
    assert "Passwort" in page


def test_the_headings_of_the_api_speak_german_and_its_document_does_not(db: None) -> None:
    reader = Client(headers={"Accept-Language": "de"})
    html = reader.get("/api/docs").content.decode()
    headings = re.findall(r"<h3[^>]*>([^<]+)</h3>", html)
    document = Client().get("/api/v1/openapi.json").json()
    english = {item["summary"] for path in document["paths"].values() for item in path.values()}
    assert "Wer jetzt in Bereitschaft ist und wer als Nächstes" in headings and ">Störungen</h2>" in html
    assert len(english) >= 12 and english & set(headings) == set()
    assert reader.get("/api/v1/openapi.json").json() == document


def test_the_pages_of_our_packages_speak_as_the_house_does(company: Company, client: Client) -> None:
    """Their English is in sentence case; none of ours is changed."""
    client.force_login(company.responder)
    page = client.get("/accounts/2fa/").content.decode()
    assert "Second factor" in page and "Two-Factor Authentication" not in page and "Security Keys" not in page
    page = client.get("/accounts/password/change/").content.decode()
    assert "Current password" in page and "Current Password" not in page
    assert "placeholder" not in page and "<li>" in page.split('_password1_helptext">')[1].split("</div>")[0]
    said = re.findall('^msgid "(.+)"$', (ENGLISH / "django.po").read_text(encoding="utf-8"), re.MULTILINE)
    with (ENGLISH / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert [words for words in said if compiled.gettext(words) in ("", words)] == []
    assert set(said) & {entry["msgid"] for entry in entries()} == set()


@pytest.mark.parametrize("path", ["account/email/password_reset_key_message.txt", "mfa/totp/deactivate_form.html"])
def test_pages_and_mails_of_our_packages_say_sie(path: str) -> None:
    source = Path(str(get_template(path).origin)).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    with translation.override("de"):
        said = [translation.gettext(ast.literal_eval(found)) for found in IN_TEMPLATES.findall(templatize(source))]
    assert said and [text for text in said if INFORMAL.search(text)] == []


def test_dates_are_written_the_german_way() -> None:
    with translation.override("de"):
        shape = translation.pgettext("date format", "j M Y")
    assert shape == "j. M Y"


ROOT = FOLDER.parents[2]
OWN = ("portal", "governance", "incidents")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "stored", "ngettext", "ngettext_lazy"}
IN_TEMPLATES = re.compile(r"""\bn?gettext\(u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
IN_ARGUMENTS = re.compile(r"""(?<!\w)_\(("[^"]*")\)""")  # of tags: {% pill "ok" _("done") %}
IN_CONTEXT = re.compile(r"""\bpgettext\(u?("[^"]*"|'[^']*'), u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


def marked_in_python() -> Iterator[tuple[str, str]]:
    for package in OWN:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                    if name in MARKS and isinstance(node.args[0].value, str):
                        yield path.name, node.args[0].value


def marked_in_templates() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "templates").rglob("*.*"):
        source = path.read_text(encoding="utf-8")
        for found in [*IN_TEMPLATES.finditer(templatize(source)), *IN_ARGUMENTS.finditer(source)]:
            yield path.name, ast.literal_eval(found[1])


def marked_in_contexts() -> Iterator[tuple[str, str, str]]:
    for package in OWN:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and "pgettext" in node.func.id:
                    context, text = node.args[:2]
                    if isinstance(context, ast.Constant) and isinstance(text, ast.Constant):
                        yield path.name, str(context.value), str(text.value)
    for path in (ROOT / "templates").rglob("*.*"):
        for found in IN_CONTEXT.finditer(templatize(path.read_text(encoding="utf-8"))):
            yield path.name, ast.literal_eval(found[1]), ast.literal_eval(found[2])


@pytest.mark.parametrize("marked", [marked_in_python, marked_in_templates])
def test_the_catalog_knows_every_sentence_of_the_source(marked: Any) -> None:
    known = {entry["msgid"] for entry in entries() if "msgctxt" not in entry}
    found = list(marked())
    assert len(found) > 400
    assert [(file, text) for file, text in found if text not in known] == []


def test_the_catalog_knows_every_word_with_a_context() -> None:
    known = {(entry.get("msgctxt"), entry["msgid"]) for entry in entries()}
    found = list(marked_in_contexts())
    assert len(found) > 400
    assert [(file, context, text) for file, context, text in found if (context, text) not in known] == []


def test_a_reason_of_the_rules_is_said_in_german() -> None:
    stored = (
        "First call: Jonas Weber, in the team Payments, alternate 1 "
        "(Company matrix (version 3), row default: the company default, any severity)."
    )
    with translation.override("de"):
        assert sentences.said(stored) == (
            "First call: Jonas Weber, im Team Payments, Vertretung 1 "
            "(Company matrix (Version 3), Zeile default: die Vorgabe des Unternehmens, jeder Schweregrad)."
        )
        assert sentences.said("Typed by a person") == "Typed by a person"
    assert sentences.said(stored) == stored


def test_a_title_that_reads_like_a_sentence_of_ours_stays_as_its_author_typed_it() -> None:
    with translation.override("de"):
        assert worded("High criticality tells leadership fast") == "High criticality tells leadership fast"
        assert worded(Sentence("any risk")) == "jedes Risiko"
    assert worded(Sentence("any risk")) == "any risk"


def test_the_admin_names_every_model_and_field_in_german() -> None:
    def names() -> list[str]:
        models = [model for app in OWN for model in apps.get_app_config(app).get_models()]
        ours = [model for model in models if not model.__name__.startswith("Historical")]
        said = [name for model in ours for name in (model._meta.verbose_name, model._meta.verbose_name_plural)]
        return [
            str(name) for name in said + [field.verbose_name for model in ours for field in model._meta.local_fields]
        ]

    with translation.override("en"):
        english = names()
    with translation.override("de"):
        german = names()
    same = {one for one, other in zip(english, german, strict=True) if one == other}
    alike = {"format", "generation", "name", "plan", "schema", "team", "teams", "token", "version", "workflow"}
    assert same <= alike | {"workflows", "ID", "SHA-256"}, same
