"""Kill whoever answers a decision, and the worker that tells the workflow: no answer is lost, none is told twice
with another content.

Answering is killed before each statement: either nothing has happened and the person answers again, or the answer is
whole. A second answer, another one, always follows: what the workflow hears is one answer, and the one that stands in
the books. The callback is killed before each statement and each send of a shipped worker, and by SIGKILL while the
receiver holds the line.
"""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.faults import mutants
from tests.faults.play import WORKER, Play
from tests.faults.sinks import HookSink, Post

pytestmark = pytest.mark.faults

CHOICES = {"flow": ("pay", "reject"), "gate": ("revoke", "wait")}  # what is said first, and what after the kill
PEOPLE = {"flow": "leadership@demo.example", "gate": "lead@demo.example"}
STRIDES = {"flow": 1, "gate": 2}  # points from one kill to the next; before the last ones it is killed at each
FULL = 12  # after so many points it is restarted, too; what a kill leaves behind is looked at after each
LAST = 6  # so many points reach from the commit to the end, also in a build that is wrong
FEWEST_KILLS = 30
FIRST_CALL = 8  # the mutants are killed from here on; the worker sends at the tenth point
VARIES = {"id", "possible_duplicate"}  # judged by themselves
LATER = timedelta(seconds=30)  # until they answer again
Figures = Any  # shown at the end of the run (tests/conftest.py)


@dataclass
class Question:
    """A decision that two levels were asked for; the calls of the second have not left. `flow` is who waits for it."""

    play: Play
    scene: str
    flow: HookSink
    due: str = ""
    arrived: tuple[list[Any], list[Post]] = field(default=([], []))

    def __post_init__(self) -> None:
        play, stage = self.play, self.play.stage
        play.reset("quiet")
        asked = stage.call(f"deciding.{self.scene}", at=play.times.after(0), address=self.flow.url)
        self.due, self.flow.secret = asked["due"], asked["secret"]
        play.go_on(play.times.after(0.5))
        self.arrived = list(stage.mail.mails), list(stage.hook.posts)
        assert stage.clock(self.due, more=["--no-sweep"]) == 0
        stage.keep("asked")

    @property
    def later(self) -> str:
        return (datetime.fromisoformat(self.due) + LATER).isoformat()

    def back_to(self, name: str) -> None:
        self.play.reset(name)
        self.flow.posts.clear()
        self.play.stage.mail.mails.extend(self.arrived[0])
        self.play.stage.hook.posts.extend(self.arrived[1])

    def said(self, number: int) -> dict[str, str]:
        """The `number`-th answer of the person who was asked first."""
        at = (self.due, self.later)[number]
        return {"choice": CHOICES[self.scene][number], "by": PEOPLE[self.scene], "at": at}

    def state(self) -> dict[str, Any]:
        return dict(self.play.stage.call("deciding.state"))

    def end(self, *numbers: int, **order: Any) -> dict[str, Any]:
        """These answers are given, and the clock goes on to the end; what is then."""
        for number in numbers:
            assert not self.play.stage.dies("deciding.answer", 0, self.said(number), **order)
        self.play.go_on(self.later, **order)
        return self.state()

    def wrong(self, state: dict[str, Any]) -> list[str]:
        """What is wrong at the end: with the invariants, with what arrived, and with what the workflow was told."""
        found = [broken] if (broken := self.play.stage.audit()) else []
        record = state["records"][0]  # the only one, else the states differ
        waits = [record[2]] if self.scene == "flow" else []
        told = [post.content["choice"] for post in self.flow.posts]
        if told != waits:
            found.append(f"the workflow was told {told} instead of {waits}")
        return (
            found
            + [post.wrong for post in self.flow.posts if post.wrong]
            + self.play.wrong_deliveries(self.play.stage.call("deciding.needless"))
        )


@pytest.fixture
def flow() -> Iterator[HookSink]:
    sink = HookSink().start()
    yield sink
    sink.let_go.set()
    sink.stop()


def differences(state: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    return [f"{name}: {state[name]} not {value}" for name, value in expected.items() if state[name] != value]


def answering_dies_everywhere(question: Question, *, mutant: str = "") -> list[str]:
    """What was wrong after each kill, and after the second answer that follows some of them; a `mutant` is killed
    before its last points only.
    """
    play, order = question.play, {"mutant": mutant} if mutant else {}
    question.back_to("asked")
    nothing = question.state()
    play.stage.dies("deciding.answer", 0, question.said(0))
    whole, ends = question.state(), {}
    for name, numbers in {"nothing": (1,), "whole": (0, 1)}.items():
        question.back_to("asked")
        ends[name] = question.end(*numbers)
        assert not (wrong := question.wrong(ends[name])), wrong
    question.back_to("asked")
    play.stage.dies("deciding.answer", 0, question.said(0), **order)
    points, last = play.stage.points()
    assert last == "RETURN"
    found, left = [], set()
    end = range(max(points - LAST, 1), points + 1)
    for point in end if mutant else sorted({*range(1, points, STRIDES[question.scene]), *end}):
        question.back_to("asked")
        assert play.stage.dies("deciding.answer", point, question.said(0), **order)
        play.kills += 1
        where, half = play.stage.points(), question.state()
        name = "whole" if half["records"] != nothing["records"] else "nothing"
        left.add(name)
        wrong = differences(half, whole if name == "whole" else nothing)
        if point % FULL == 0 or point >= points - 1:
            over = question.end(1, **order)
            wrong += differences(over, ends[name]) + question.wrong(over)
        found += [f"killed at {where}, {name} left: {problem}" for problem in wrong]
        if mutant and found:
            return found
    assert left == {"nothing", "whole"}
    return found


def figures(play: Play, scene: str) -> str:
    return f"an answer to a {scene} on {play.stage.backend}: killed at {play.kills} points"


@pytest.mark.parametrize("scene", CHOICES)
def test_an_answer_is_whole_or_nothing_wherever_it_dies(
    play: Play, flow: HookSink, scene: str, record_property: Figures
) -> None:
    found = answering_dies_everywhere(Question(play, scene, flow))
    record_property("figures", figures(play, scene))
    assert found == []
    assert play.kills >= FEWEST_KILLS


@pytest.mark.parametrize("scene", CHOICES)
def test_an_answer_is_whole_or_nothing_on_sqlite_too(
    on_sqlite: Play, flow: HookSink, scene: str, record_property: Figures
) -> None:
    on_sqlite.count_anew()
    found = answering_dies_everywhere(Question(on_sqlite, scene, flow))
    record_property("figures", figures(on_sqlite, scene))
    assert found == []
    assert on_sqlite.kills >= FEWEST_KILLS


@pytest.mark.parametrize("mutant", mutants.names(mutants.OF_ANSWERING))
def test_a_wrong_way_to_answer_turns_red(
    on_sqlite: Play, flow: HookSink, mutant: str, record_property: Figures
) -> None:
    found = answering_dies_everywhere(Question(on_sqlite, "flow", flow), mutant=mutant)
    assert found, f"{mutant} stayed green"
    record_property("figures", f"{mutant}: found out: {found[0][:160]}")


# The answer on its way to the workflow


def answered(play: Play, flow: HookSink) -> Question:
    """It is answered, people are told, and nobody has told the workflow yet."""
    question = Question(play, "flow", flow)
    question.back_to("asked")
    assert not play.stage.dies("deciding.answer", 0, question.said(0))
    play.stage.call("deciding.tell_people", at=question.later)
    question.arrived = list(play.stage.mail.mails), list(play.stage.hook.posts)
    play.stage.keep("answered")
    return question


def told_wrongly(question: Question) -> list[str]:
    """What is wrong with how the workflow was told: once at least, the same each time, and marked when told again."""
    play, posts = question.play, question.flow.posts
    book = play.stage.call("deciding.callback")
    found = [f"it would not be believed: {post.wrong}" for post in posts if post.wrong]
    found += [f"again under the id {post.id}, not {posts[0].id}" for post in posts[1:] if post.id != posts[0].id]
    contents = [{name: post.content[name] for name in post.content.keys() - VARIES} for post in posts]
    if not posts or book["state"] != "sent":
        found.append(f"it arrived {len(posts)} times and is {book['state']}")
    if any(content != contents[0] or content["choice"] != CHOICES["flow"][0] for content in contents):
        found.append(f"it was told differently: {contents}")
    if not all(post.is_marked for post in posts[1:]) or ("unknown" in book["tries"] and not book["mark"]):
        found.append(f"its tries are {book}, and of what arrived is marked {[post.is_marked for post in posts]}")
    return found + play.wrong_deliveries(play.stage.call("deciding.needless"))


@dataclass
class Killed:
    """One kill of the worker: before which point, how often the workflow had heard it by then, and what is wrong."""

    where: str
    heard: int
    wrong: list[str]


def calling_back_dies_everywhere(question: Question, *, first: int = 1, mutant: str = "") -> Iterator[Killed]:
    play, order, point, died = question.play, {"mutant": mutant} if mutant else {}, first, True
    while died:
        question.back_to("answered")
        died = play.worker_dies(point, **order)
        where, heard = play.stage.points(), len(question.flow.posts)
        play.go_on(question.later, **order)
        wrong = told_wrongly(question) + ([broken] if (broken := play.stage.audit()) else [])
        yield Killed(where[1] if died else "", heard, [f"killed at {where}: {problem}" for problem in wrong])
        point += 1


@pytest.mark.redis
def test_a_worker_may_die_while_it_tells_the_workflow(play: Play, flow: HookSink, record_property: Figures) -> None:
    kills = list(calling_back_dies_everywhere(answered(play, flow)))
    record_property("figures", play.figures("a worker that calls back"))
    assert [problem for kill in kills for problem in kill.wrong] == []
    assert ("SEND webhook", 0) in {(kill.where, kill.heard) for kill in kills}
    assert [kill for kill in kills if kill.where and kill.heard], "some came between the send and its record"


@pytest.mark.redis
def test_a_worker_may_be_killed_while_the_workflow_holds_the_line(play: Play, flow: HookSink) -> None:
    question = answered(play, flow)
    question.back_to("answered")
    flow.behavior = "hang"
    play.stage.call("flush_broker")
    worker = int(play.stage.order(run=WORKER, wait=False, log=str(play.stage.log))["pid"])
    play.stage.call("publish")
    until = time.monotonic() + 30
    while not flow.posts and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(worker, signal.SIGKILL)
    assert play.reap(worker) == -signal.SIGKILL
    flow.behavior = "accept"
    flow.let_go.set()
    assert len(flow.posts) == 1 and play.stage.call("deciding.callback")["state"] == "sending"
    play.go_on(question.later)
    assert told_wrongly(question) == []
    assert [post.is_marked for post in flow.posts] == [False, True]
    assert play.stage.call("deciding.callback")["tries"] == ["unknown", "sent"]
    assert play.stage.audit() == ""


@pytest.mark.redis
@pytest.mark.parametrize("mutant", mutants.names(mutants.OF_CALLING_BACK))
def test_a_wrong_way_to_call_back_turns_red(play: Play, flow: HookSink, mutant: str, record_property: Figures) -> None:
    for kill in calling_back_dies_everywhere(answered(play, flow), first=FIRST_CALL, mutant=mutant):
        if kill.wrong:
            record_property("figures", f"{mutant}: found out: {kill.wrong[0][:160]}")
            return
    raise AssertionError(f"{mutant} stayed green")
