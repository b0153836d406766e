"""`manage.py policy`: the first policy, its repair by two people, and the check; what is refused changes nothing."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.models import Board, ChangeRequest, Document, Review
from governance.reads import approval
from governance.services import policies
from portal import roles
from portal.models import AuditEntry, User
from portal.services import leaving
from tests.factories_governance import PASSWORD, YESTERDAY, make_person

pytestmark = pytest.mark.django_db
BROKEN = {
    "key": "policy",
    "title": "The policy itself",
    "when": {"kinds": ["approval"]},
    "needs": [{"key": "only", "title": "The founder", "who": {"person": "founder@example.test"}}],
}


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("policy", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def three() -> tuple[User, User, User]:
    return make_person("ada", at=YESTERDAY), make_person("ben", at=YESTERDAY), make_person("cy", at=YESTERDAY)


def seats(*names: str) -> list[str]:
    return [word for name in names for word in ("--seat", f"{name}@example.test:Finance")]


def test_an_empty_installation_gets_a_board_and_a_policy_that_can_be_satisfied(three: tuple[User, ...]) -> None:
    said = run("install", *seats("ada", "ben", "cy"))

    change = ChangeRequest.objects.get()
    assert (change.model, change.state, change.requested_by) == ("genesis", "published", three[0])
    assert change.reference in said
    board = Board.objects.get()
    assert [(seat.person.email, seat.function) for seat in board.seats.order_by("pk")] == [
        (person.email, "Finance") for person in three
    ]
    assert "can be satisfied" in run("check")
    assert AuditEntry.objects.filter(verb="policy.installed").exists()


def test_the_board_may_have_another_name(three: tuple[User, ...]) -> None:
    run("install", "--board", "Change board", *seats("ada", "ben"))

    assert Board.objects.get().key == "change-board"
    assert "can be satisfied" in run("check")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "--seat"),
        (["--seat", "ada@example.test"], "at least two"),
        (seats("ada", "nobody"), "nobody@example.test"),
        (["--file", "/nowhere.yaml", *seats("ada", "ben")], "/nowhere.yaml"),
    ],
)
def test_what_cannot_be_installed_changes_nothing(three: tuple[User, ...], words: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run("install", *words)

    assert not Board.objects.exists() and not Document.objects.exists()


def test_a_file_with_mistakes_is_answered_with_its_lines(three: tuple[User, ...], tmp_path: Any) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("title: Ours\nrows:\n  - key: all\n    title: All\n    needs: none\n")

    with pytest.raises(CommandError, match=r"(?s)Line \d.*Nothing was changed"):
        run("install", "--file", str(path), *seats("ada", "ben"))

    assert not Board.objects.exists() and not Document.objects.exists()


def test_a_second_first_policy_is_refused(three: tuple[User, ...]) -> None:
    run("install", *seats("ada", "ben"))

    with pytest.raises(CommandError, match="already"):
        run("install", "--board", "Other", *seats("cy", "ben"))

    assert ChangeRequest.objects.count() == 1 and Board.objects.count() == 1


def test_without_a_policy_the_check_says_how_to_get_one() -> None:
    with pytest.raises(CommandError, match="policy install"):
        run("check")


# Repair


@pytest.fixture
def stuck(three: tuple[User, ...]) -> User:
    """The policy hangs on the founder, who has left; an operator is there to be told."""
    founder = make_person("founder", at=YESTERDAY)
    make_person("ops", role=roles.OPERATOR, at=YESTERDAY)
    boss = make_person("keeper", role=roles.ADMIN, is_staff=True, is_superuser=True, at=YESTERDAY)
    board = policies.genesis.Seat
    policies.genesis.seat_board(
        key="rules-board",
        name="Rules board",
        seats=[board(three[0]), board(three[1])],
        on=YESTERDAY.date(),
        at=YESTERDAY,
        label="test",
    )
    text = make_policy_text(BROKEN)
    policies.genesis.install(policy=text, by=three[0], at=YESTERDAY, label="test")
    leaving.deactivate(person=founder, by=boss, reason="left", at=timezone.now())
    return founder


def make_policy_text(row: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump({"title": "Who approves what", "rows": [row]})


@pytest.fixture
def sound(tmp_path: Any) -> str:
    path = tmp_path / "sound.yaml"
    path.write_text(policies.built_in())
    return str(path)


def repair(
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    *,
    first: str = PASSWORD,
    second: str = PASSWORD,
    by: str = "ada@example.test",
    other: str = "ben@example.test",
) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{first}\n{second}\n"))
    return run(
        "repair", "--file", file, "--by", by, "--second", other, "--reason", "the founder left", "--passwords-stdin"
    )


def test_a_policy_that_nobody_can_satisfy_is_repaired_in_two_names(
    stuck: User, sound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match="policy repair"):
        run("check")

    said = repair(monkeypatch, sound)

    change = ChangeRequest.objects.get(model="repair")
    assert change.state == "published" and change.reference in said
    assert Review.objects.get(change_request=change).by.email == "ben@example.test"
    assert approval.is_satisfiable(at=timezone.now())
    told = AuditEntry.objects.get(verb="policy.repaired").payload.content
    assert "Ada" in told and "Ben" in told


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"first": "wrong"}, "password of Ada"),
        ({"second": "wrong"}, "password of Ben"),
        ({"second": ""}, "password of Ben"),
        ({"by": "founder@example.test"}, "founder@example.test"),
    ],
)
def test_without_both_people_nothing_is_repaired(
    stuck: User, sound: str, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        repair(monkeypatch, sound, **given)

    assert not ChangeRequest.objects.filter(model="repair").exists()


def test_one_person_is_not_two(stuck: User, sound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="two different people"):
        repair(monkeypatch, sound, other="ADA@example.test")

    assert not ChangeRequest.objects.filter(model="repair").exists()


def test_a_policy_that_works_is_not_repaired(
    three: tuple[User, ...], sound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("install", *seats("ada", "ben"))

    with pytest.raises(CommandError, match="can still be satisfied"):
        repair(monkeypatch, sound)

    assert not ChangeRequest.objects.filter(model="repair").exists()
