"""The look holds: contrast of the tokens, clean templates, honest times, forms that explain themselves."""

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.template import Context, Template, engines
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from portal import context_processors
from portal.templatetags import times
from portal.views import errors
from tests.factories_governance import make_person

ROOT = Path(settings.BASE_DIR)
CSS = (ROOT / "portal/static/portal/portal.css").read_text()
ADMIN_CSS = (ROOT / "portal/static/portal/admin.css").read_text()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)

# UI.md, Tokens: (words or mark, what it lies on, at least). 4.5 for words, 3 for marks and borders.
CONTRASTS = [
    ("text", "surface", 4.5), ("text", "bg", 4.5), ("muted", "surface", 4.5), ("muted", "bg", 4.5),
    ("muted", "accent-soft", 4.5), ("muted", "ok-soft", 4.5), ("muted", "warn-soft", 4.5), ("muted", "bad-soft", 4.5),
    ("edge", "surface", 3), ("accent", "surface", 4.5), ("accent", "bg", 4.5), ("accent", "accent-soft", 4.5),
    ("on-accent", "accent-fill", 4.5), ("bad", "surface", 3), ("bad-ink", "bad-soft", 4.5), ("bad-ink", "surface", 4.5),
    ("warn", "surface", 3), ("warn-ink", "warn-soft", 4.5), ("ok", "surface", 3), ("ok-ink", "ok-soft", 4.5),
    ("on-sev1", "sev1", 4.5), ("on-sev2", "sev2", 4.5), ("on-sev3", "sev3", 4.5), ("on-sev4", "sev4", 4.5),
    ("c2", "surface", 3),
]  # fmt: skip


def tokens(css: str = CSS, prefix: str = "--") -> dict[str, tuple[str, str]]:
    """Name -> (light, dark) as OKLCH texts."""
    found = {}
    for name, value in re.findall(rf"{prefix}([a-z0-9-]+):\s*([^;]+);", css):
        if pair := re.fullmatch(r"light-dark\((oklch\([^)]*\)),\s*(oklch\([^)]*\))\)", value.strip()):
            found[name] = pair.groups()
        elif value.strip().startswith("oklch("):
            found[name] = (value.strip(), value.strip())
    return found


def luminance(oklch: str) -> float:
    """WCAG relative luminance of an OKLCH color, clipped to sRGB."""
    lightness, chroma, hue = (float(part) for part in re.findall(r"[\d.]+", oklch)[:3])
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, value)) for value in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("mark", "ground", "least"), CONTRASTS)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_tokens_keep_their_contrast(mark: str, ground: str, least: float, theme: int) -> None:
    known = tokens()
    assert contrast(known[mark][theme], known[ground][theme]) >= least


def test_contrast_of_text_is_the_one_written_down() -> None:
    known = tokens()
    assert round(contrast(known["text"][0], known["surface"][0]), 1) == 16.7
    assert round(contrast(known["text"][1], known["surface"][1]), 1) == 14.5


def test_the_admin_shares_the_tokens() -> None:
    known, admin = tokens(), tokens(ADMIN_CSS, "--p-")
    assert admin
    assert {name: known[name] for name in admin} == admin


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_compiles(path: Path) -> None:
    engines["django"].get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize(
    "path",
    [path for path in TEMPLATES if "notifications" not in path.parts],
    ids=lambda path: str(path.relative_to(ROOT / "templates")),
)
def test_template_has_nothing_inline(path: Path) -> None:
    text = re.sub(r"{#.*?#}|{%.*?%}", "", path.read_text(), flags=re.S)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert "javascript:" not in text
    assert "hx-on" not in text
    for attributes in re.findall(r"<script\b([^>]*)>", text):
        assert "src=" in attributes or "application/json" in attributes


def draw(source: str, **context: object) -> str:
    request = RequestFactory().get("/")
    request.at = NOON  # type: ignore[attr-defined]
    return Template("{% load ui %}" + source).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=4), "16:00"),
        (timedelta(days=1, hours=-3), "tomorrow 09:00"),
        (timedelta(days=-1, hours=5), "yesterday 17:00"),
        (timedelta(days=4, hours=-4), "Mon 08:00"),
        (timedelta(days=-4, hours=-4), "8 Mar, 08:00"),
        (timedelta(days=40), "21 Apr, 12:00"),
        (timedelta(days=400), "16 Apr 2027, 12:00"),
    ],
)
def test_a_time_is_said_as_people_need_it(ahead: timedelta, words: str) -> None:
    with timezone.override("UTC"):
        assert f">{words}</time>" in draw("{% when at %}", at=NOON + ahead)


def test_the_exact_time_is_in_the_title_in_utc_and_in_the_readers_zone() -> None:
    with timezone.override("Europe/Berlin"):
        html = draw("{% when at %}", at=NOON)
    assert 'title="2026-03-12 12:00:00 UTC (13:00 Europe/Berlin)"' in html
    assert ">13:00<" in html


def test_a_printed_page_says_as_of_when_and_who_you_is(client: Client, db: None) -> None:
    printed = re.compile(r'<p class="printed">As of \d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC</p>')
    assert printed.search(client.get("/accounts/login/").text)
    client.force_login(make_person("rita"))
    assert re.search(r'<p class="printed">As of [^<]+, as Rita sees it</p>', client.get("/profile/").text)


@pytest.mark.parametrize(
    ("minutes", "words"), [(6, "6 min"), (0.5, "1 min"), (-4, "late by 4 min"), (90, "13:30"), (59.5, "60 min")]
)
def test_a_countdown_turns_into_a_clock_time_and_into_being_late(minutes: float, words: str) -> None:
    with timezone.override("UTC"):
        assert f">{words}</time>" in draw("{% until at %}", at=NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(("minutes", "words", "hue"), [(0, "now", "warn"), (-4.9, "now", "warn"), (-5, "late", "bad")])
def test_what_is_due_is_due_now_before_it_is_late(minutes: float, words: str, hue: str) -> None:
    at, grace = NOON + timedelta(minutes=minutes), timedelta(minutes=5)
    pair = draw("{% due at grace=grace %}", at=at, grace=grace)
    assert ("<span>due</span>" in pair and ">now</time>" in pair) == (words == "now")
    assert ("late by" in pair) == (words == "late") and 'data-grace="300"' in pair
    assert (">due now</time>" in draw("{% until at grace=grace %}", at=at, grace=grace)) == (words == "now")
    assert draw("{% tone at grace=grace %}", at=at, grace=grace) == hue


@pytest.mark.parametrize(
    ("minutes", "words"), [(0.2, "under 1 min"), (47, "47 min"), (185, "3 h 05"), (120, "2 h"), (28 * 60, "1 d 4 h")]
)
def test_a_length_of_time_is_spelled(minutes: float, words: str) -> None:
    assert times.spell(minutes * 60) == words


@pytest.mark.parametrize(("left", "tone"), [(-1, "bad"), (0, "bad"), (10, "warn"), (15, "warn"), (16, "info")])
def test_the_last_quarter_of_a_promise_is_amber_and_a_late_one_red(left: int, tone: str) -> None:
    due = NOON + timedelta(minutes=left)
    assert draw("{% tone due start %}", due=due, start=due - timedelta(hours=1)) == tone


def test_severity_is_a_number_a_word_and_pips() -> None:
    html = draw('{% sev "sev2" %}')
    assert 'data-sev="2"' in html
    assert "SEV2" in html
    assert html.count("<rect") == 4
    assert html.count('class="off"') == 1
    assert "Not rated yet" in draw('{% sev "" %}')


def test_names_and_words_are_escaped() -> None:
    html = draw("{% person name %}{% pill tone name %}", name="<b>Eve</b> x", tone='"><i>')
    assert "<b>" not in html
    assert '"><i>' not in html


class Question(forms.Form):
    what = forms.CharField(help_text="In your own words.", error_messages={"required": "Tell us what stopped."})
    since = forms.ChoiceField(
        choices=[("now", "Just now")], widget=forms.RadioSelect, error_messages={"required": "Choose a time."}
    )
    near = forms.BooleanField(required=False)


def test_a_field_says_label_hint_and_error_before_its_control() -> None:
    html = draw("{% field form.what %}", form=Question({}))
    places = [html.index(part) for part in ("<label", "In your own words.", "Tell us what stopped.", "<input")]
    assert places == sorted(places)
    assert 'aria-describedby="id_what_helptext id_what_error"' in html


def test_every_link_of_the_error_summary_leads_to_a_control() -> None:
    form = Question({})
    html = draw("{% errors form %}{% for bound in form %}{% field bound %}{% endfor %}", form=form)
    assert "2 things need your attention" in html
    targets = re.findall(r'href="#([^"]+)"', html)
    assert targets == ["id_what", "id_since_0"]
    for target in targets:
        assert f'id="{target}"' in html


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "405", "413", "429", "500", "503"])
def test_error_pages_need_neither_database_nor_request(code: str) -> None:
    html = render_to_string(f"{code}.html", {"request_id": "0190-abcd"})
    assert html.count("<h1>") == 1
    assert "0190-abcd" in html


def test_an_error_page_keeps_what_was_typed_but_no_secret() -> None:
    request = RequestFactory().post("/", {"what": "Cards are not captured", "password": "correct horse battery"})
    html = render_to_string("400.html", {"request": request})
    assert "Cards are not captured" in html
    assert "correct horse" not in html


@pytest.mark.django_db
def test_sign_in_looks_like_ours_and_has_nothing_inline() -> None:
    html = Client().get("/accounts/login/").content.decode()
    assert 'class="plain"' in html
    assert html.count("<h1>") == 1
    assert 'type="password"' in html
    assert " style=" not in html


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/inactive/"])
def test_account_pages_have_one_heading_and_our_frame(path: str) -> None:
    html = Client().get(path).content.decode()
    assert html.count("<h1>") == 1
    assert 'class="shell"' in html


@pytest.mark.django_db
def test_a_stale_clock_is_said_on_every_page() -> None:
    html = Client().get("/accounts/login/").content.decode()
    assert "Escalations are not moving." in html  # the clock has never run here


@override_settings(SITE_NAME="Fernhill")
def test_the_theme_is_the_persons_choice_and_nothing_else() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = '"><script>'
    assert context_processors.ui(request)["theme"] == ""
    request.COOKIES["theme"] = "dark"
    assert context_processors.ui(request)["theme"] == "dark"
    assert context_processors.ui(request)["site_name"] == "Fernhill"


@pytest.mark.django_db
def test_a_form_without_its_token_gives_back_what_was_typed() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"story": "Cards are not captured"})
    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()
    assert "Cards are not captured" in answer.content.decode()
    assert answer["X-Request-ID"] in answer.content.decode()


@pytest.mark.django_db
def test_an_unknown_address_says_so_with_the_request_id() -> None:
    answer = Client().get("/there/is/nothing/")
    assert answer.status_code == 404
    assert answer["X-Request-ID"] in answer.content.decode()


def test_too_large_a_body_is_413_and_a_broken_one_400() -> None:
    request = RequestFactory().post("/", {"what": "Cards are not captured"})
    assert errors.bad_request(request, RequestDataTooBig()).status_code == 413
    assert errors.bad_request(request, SuspiciousOperation()).status_code == 400


def test_an_error_is_500_and_a_database_that_does_not_answer_503() -> None:
    request = RequestFactory().get("/")
    assert errors.server_error(request).status_code == 500
    try:
        raise OperationalError
    except OperationalError:
        assert errors.server_error(request).status_code == 503


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/search/palette/?q=x", "/incidents/", "/incidents/new/"])
def test_a_part_of_a_page_never_becomes_the_sign_in_page(client: Client, address: str) -> None:
    answer = client.get(address, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (401, b"")
    page = client.get(address)
    assert (page.status_code, page["Location"].partition("?")[0]) == (302, "/accounts/login/")
