"""The search among 10^5 documents: what people type, by whom, and what was like it before."""

import random
import statistics
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import Incident
from incidents.reads import alike
from portal import feeds
from portal.models import SearchEntry, SearchWord, User
from portal.search import index, query

from . import report, scene
from .pages import STATIC

FEW, MANY = 1_000, 100_000
GOAL = 0.1  # seconds
TIMES, QUESTIONS = 25, 200
KNOWN, WORDS = 20_000, 40  # words of the language, and of one description
WORD = f"translate(substr(md5((floor({KNOWN} * power(random(), 3)))::text), 1, 9), '0123456789', 'ghijklmnop')"
CHANGED = {
    "workflow_id": "CASE WHEN g % 2 = 0 THEN src.workflow_id ELSE"
    f" (SELECT array_agg(id ORDER BY key) FROM governance_workflow)[1 + g % {scene.WORKFLOWS}] END",
    "state": "CASE WHEN g <= 500 THEN 'reported' ELSE 'closed' END",
    "resolved_at": "now() - interval '1 hour'",
    "closed_at": "now()",
    "reported_at": "now() - g * interval '40 seconds'",
    "title": "CASE g % 3 WHEN 0 THEN 'Orders are late ' WHEN 1 THEN 'Invoices fail ' ELSE 'Sync stopped ' END"
    f" || {WORD} || CASE WHEN g % 100 = 0 THEN ' zebra' ELSE '' END || CASE g WHEN 700 THEN ' needle' ELSE '' END",
    "description": f"(SELECT string_agg({WORD}, ' ') FROM generate_series(1, {WORDS}) WHERE g > 0)",
}
TYPED = {
    "a word of every third": "invoices",
    "two words": "invoices fail",
    "the beginning of a word": "invo",
    "one in a hundred": "zebras",
    "one in all": "needle",
    "a typo": "invioces",
    "two typos": "invioces zerba",
    "everything but": "fail -invoices",
    "of any": "late or stopped or fail",
}


def measure() -> None:
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}
    copies = scene.Copies(scene.file_one())
    copies.add(FEW, changed=CHANGED, slim=True)
    fill()
    asks = questions()
    few = {name: timed(ask) for name, ask in asks.items()}
    copies.add(MANY - FEW, changed=CHANGED, slim=True)
    began = time.perf_counter()
    fill()
    took = time.perf_counter() - began
    report.say(report.Figure(name="index of 10^5 documents made anew", measured=f"{took:.0f} s", baseline=sizes()))
    for name, ask in questions().items():
        (before, _late, asked), (median, late, queries) = few[name], timed(ask)
        report.say(
            report.Figure(
                name=f"search, {name}, 10^5 documents, p50",
                measured=f"{report.ms(median)}, p99 {report.ms(late)}, {queries} queries",
                baseline=f"{report.ms(before)}, {asked} at 10^3",
                ratio=f"{median / before:.2f}",
                goal="100 ms",
                met=median < GOAL and late < GOAL,
            )
        )
    many()


def fill() -> None:
    feeds.rebuild(index.FEED, at=timezone.now())
    scene.settle()


def sizes() -> str:
    size = scene.value("SELECT pg_size_pretty(pg_total_relation_size('portal_searchentry'))")
    return f"{SearchEntry.objects.count()} entries, {size}; {SearchWord.objects.count()} words"


def questions() -> dict[str, Callable[[], object]]:
    """What is asked, by name."""
    reader = User.objects.get(email="responder@example.test")
    nobody = User.objects.get(email="reporter@example.test")
    client = Client(SERVER_NAME="localhost")
    client.force_login(reader)
    at = timezone.now()

    def find(user: User, text: str) -> Callable[[], object]:
        return lambda: query.find(user, text, at=at, limit=20)

    asks = {name: find(reader, text) for name, text in TYPED.items()}
    asks["a word of every third, by whom nearly nothing is for"] = find(nobody, "invoices")
    asks["the page"] = lambda: client.get("/search/", {"q": "invoices"}).content
    asks["the palette"] = lambda: client.get("/search/palette/", {"q": "inv"}).content
    like = Incident.objects.select_related("workflow").order_by("-reported_at")[10]
    asks["similar before"] = lambda: alike.of_incident(like, reader)
    return asks


def timed(ask: Callable[[], object]) -> tuple[float, float, int]:
    """Seconds of the median and of the slowest, and queries of one."""
    ask()
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    with CaptureQueriesContext(connection) as queries:
        ask()
    return statistics.median(times), report.percentile(times, 99), len(queries)


def many() -> None:
    """Questions of one to three known words, each asked once, a third of them mistyped."""
    chance = random.Random(8)
    known = list(SearchWord.objects.exclude(word="").order_by("word").values_list("word", flat=True))
    reader, at, times = User.objects.get(email="responder@example.test"), timezone.now(), []
    for number in range(QUESTIONS):
        words = chance.sample(known, chance.randint(1, 3))
        if number % 3 == 0:
            words[0] = words[0][:3] + words[0][4:]
        began = time.perf_counter()
        query.find(reader, " ".join(words), at=at, limit=20)
        times.append(time.perf_counter() - began)
    median, late = statistics.median(times), report.percentile(times, 99)
    report.say(
        report.Figure(
            name=f"search, {QUESTIONS} questions, a third mistyped, p50",
            measured=f"{report.ms(median)}, p99 {report.ms(late)}",
            goal="100 ms",
            met=late < GOAL,
        )
    )
