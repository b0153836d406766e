"""Verifications and evidence packs: asked for, worked on, stopped, taken over, and each night."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from portal import operators, roles, seal, timers
from portal.audit import verify
from portal.models import AuditEntry, AuditRun, Message, Timer, User
from portal.reads import health
from portal.reads import ledger as reads
from portal.services import audit_runs, nightly
from tests.factories_governance import NOW, make_person
from tests.factories_incidents import make_acknowledged
from tests.portal.kernel import make_operator
from tests.portal.ledger import book

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def auditor() -> User:
    return make_person("auditor", role=roles.AUDITOR)


@pytest.fixture
def packs(tmp_path: Path, settings: Any) -> Path:
    settings.PACK_DIR = tmp_path / "packs"
    return tmp_path / "packs"


def ask(by: User | None, kind: str = "verify", **about: Any) -> AuditRun:
    return audit_runs.ask(kind=kind, about=about, by=by, at=LATER)


def work(*, stop: Callable[[], bool] = lambda: False, at: datetime = LATER) -> bool:
    return audit_runs.work(stop=stop, now=lambda: at)


def verbs(run: AuditRun) -> list[str]:
    rows = AuditEntry.objects.filter(target_type="portal.auditrun", target_id=str(run.pk)).order_by("pk")
    return list(rows.values_list("verb", flat=True))


def page(user: User, address: str, **posted: Any) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.post(address, posted) if posted else client.get(address)


def test_a_verification_that_finds_nothing_says_so(auditor: User, signer: Any) -> None:
    book.write(20, at=NOW)
    book.seal(signer, at=NOW)
    run = ask(auditor)
    assert work() and not work()
    run.refresh_from_db()
    assert (run.state, run.token, reads.findings(run)) == ("done", None, [])
    assert reads.passed(run) and run.report["size"] >= 20
    assert verbs(run) == ["ledger.verification_asked", "ledger.verification_ended"]
    assert "Nothing was found" in page(auditor, f"/audit/runs/{run.pk}/").content.decode()


def test_a_changed_entry_is_found_named_and_told_to_operators(auditor: User, signer: Any) -> None:
    operator = make_operator()
    first, *_others = book.write(5, at=NOW)
    book.seal(signer, at=NOW)
    with seal.lifted():
        AuditEntry.objects.filter(pk=first).update(verb="thing.undone")
    run = ask(auditor)
    assert work()
    run.refresh_from_db()
    assert not reads.passed(run)
    assert first in {finding["entry"] for finding in reads.findings(run)}
    text = page(auditor, f"/audit/runs/{run.pk}/").content.decode()
    assert f"Entry {first} is not what was sealed" in text and f'href="/audit/{first}/"' in text
    told = operators.key_of("ledger", f"verification:{run.pk}")
    assert Message.objects.filter(recipient=operator, key__startswith=told).exists()
    timers.beat("ledger", at=LATER)
    assert "The last verification of the ledger did not pass." in health.status(at=LATER).problems
    state = page(auditor, "/audit/").content.decode()
    assert "The last verification found something" in state and "Look at the finding" in state
    entry = page(auditor, f"/audit/{first}/").content.decode()
    assert "this entry is not what was sealed" in entry


def test_one_verification_at_a_time(auditor: User) -> None:
    run = ask(auditor)
    with pytest.raises(audit_runs.UnderWay, match="A verification is under way since"):
        ask(auditor)
    answer = page(auditor, "/audit/verify/", now="1")
    assert (answer.status_code, answer["Location"]) == (302, f"/audit/runs/{run.pk}/")
    assert AuditRun.objects.count() == 1


def test_who_may_not_open_the_ledger_asks_for_nothing() -> None:
    stranger = make_person("stranger", role=roles.RESPONDER)
    assert page(stranger, "/audit/verify/", now="1").status_code == 403
    keeper = make_person("keeper", role=roles.OPERATOR, is_staff=True)
    assert page(keeper, "/audit/packs/", which="one", reference="INC-1").status_code == 403
    assert AuditRun.objects.count() == 0


def test_whoever_asked_stops_it_and_the_worker_notices(auditor: User) -> None:
    run = ask(auditor)
    claimed = audit_runs.claim(at=LATER)
    assert claimed is not None
    teller = audit_runs.Teller(claimed, lambda: False, lambda: LATER)
    teller(1, 10)
    assert AuditRun.objects.get().done == 1
    other = make_person("other", role=roles.AUDITOR)
    with pytest.raises(audit_runs.NotYours):
        audit_runs.stop(run=run, by=other, at=LATER)
    assert page(auditor, f"/audit/runs/{run.pk}/stop/", now="1").status_code == 302
    teller.told_at = float("-inf")
    with pytest.raises(audit_runs.Lost):
        teller(2, 10)
    run.refresh_from_db()
    assert (run.state, run.done) == ("stopped", 1)
    with pytest.raises(audit_runs.NotOpen):
        audit_runs.stop(run=run, by=auditor, at=LATER)


def test_progress_is_told_at_most_each_second(auditor: User, django_assert_num_queries: Any) -> None:
    ask(auditor)
    claimed = audit_runs.claim(at=LATER)
    assert claimed is not None
    teller = audit_runs.Teller(claimed, lambda: False, lambda: LATER)
    with django_assert_num_queries(1):
        teller(1, 10)
        teller(2, 10)


def test_the_run_of_a_dead_worker_is_begun_anew_three_times(auditor: User) -> None:
    ask(auditor)
    first = audit_runs.claim(at=LATER)
    assert first is not None and audit_runs.claim(at=LATER + audit_runs.DEAD_AFTER) is None
    at = LATER
    for _ in range(audit_runs.TRIES - 1):
        at += audit_runs.DEAD_AFTER + timedelta(seconds=1)
        again = audit_runs.claim(at=at)
        assert again is not None and again.token != first.token
    with pytest.raises(audit_runs.Lost):
        audit_runs.Teller(first, lambda: False, lambda: at)(1, 2)
    assert audit_runs.claim(at=at + timedelta(minutes=2)) is None
    run = AuditRun.objects.get()
    assert run.state == "failed" and "died three times" in reads.problem(run)


def test_a_process_that_ends_leaves_its_run_to_the_next(auditor: User, signer: Any) -> None:
    book.write(3, at=NOW)
    book.seal(signer, at=NOW)
    ask(auditor)
    assert work(stop=lambda: True)
    run = AuditRun.objects.get()
    assert (run.state, run.token, run.report) == ("waiting", None, {})
    assert work()
    assert AuditRun.objects.get().state == "done"


def test_an_error_is_an_end_too(auditor: User, signer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(**_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(verify, "run", break_off)
    ask(auditor)
    assert work()
    run = AuditRun.objects.get()
    assert run.state == "failed" and "The log of the clock says which" in reads.problem(run)
    assert verbs(run)[-1] == "ledger.verification_failed"
    assert "ZeroDivisionError" not in page(auditor, f"/audit/runs/{run.pk}/").content.decode()
    assert "See what stopped it" in page(auditor, "/audit/").content.decode()


def test_all_findings_are_counted_and_an_entry_that_is_gone_has_no_button(auditor: User) -> None:
    listed = [
        {"kind": kind, "entry": entry, "index": 4, "facts": {}} for kind, entry in (("gone", 18), ("changed", 19))
    ]
    report = {"findings": listed, "totals": {"gone": 1, "changed": 5_341}}
    run = ask(auditor)
    AuditRun.objects.update(state="done", ended_at=LATER, report=report)
    text = page(auditor, f"/audit/runs/{run.pk}/").content.decode()
    assert "5,342 findings" in text and "The first 2 are listed." in text
    assert "/audit/19/" in text and "/audit/18/" not in text


def test_the_page_of_a_run_answers_204_while_nothing_changes(auditor: User) -> None:
    run = ask(auditor)
    address = f"/audit/runs/{run.pk}/"
    mark = page(auditor, address).context["mark"]
    assert page(auditor, f"{address}?part=run&mark={mark}").status_code == 204
    assert page(auditor, f"{address}?part=run&mark=older").status_code == 200


def test_the_page_says_that_a_run_began_anew(auditor: User) -> None:
    address = f"/audit/runs/{ask(auditor).pk}/"
    marks = []
    for at in (LATER, LATER + 2 * audit_runs.DEAD_AFTER):
        assert audit_runs.claim(at=at) is not None
        answer = page(auditor, address)
        marks.append(answer.context["mark"])
        assert ("It began anew" in answer.content.decode()) == (at > LATER)
    assert marks[0] != marks[1]


def test_a_pack_is_made_kept_downloaded_and_deleted(auditor: User, signer: Any, packs: Path, company: Any) -> None:
    incident = make_acknowledged(company)
    book.seal(signer, at=NOW)
    answer = page(auditor, "/audit/packs/", which="one", reference=incident.reference.lower())
    assert answer.status_code == 302, answer.content.decode()
    book.seal(signer, at=NOW)
    assert work()
    run = AuditRun.objects.get()
    assert run.state == "done", run.report
    (file,) = packs.iterdir()
    assert file.stat().st_mode & 0o777 == 0o640  # for web processes of the same group, for nobody else
    other = make_person("other", role=roles.AUDITOR)
    address = f"/audit/runs/{run.pk}/"
    text = page(other, address).content.decode()
    assert run.digest in text and "How to check it" in text and "Each download is recorded." in text
    taken = page(other, f"{address}download/", now="1")
    assert b"".join(taken.streaming_content) == file.read_bytes()
    assert f"evidence-{incident.reference}.zip" in taken["Content-Disposition"]
    assert AuditEntry.objects.get(verb="evidence.pack_downloaded").actor == other
    page(other, f"{address}delete/", now="1")
    assert file.exists()
    keeper = make_person("keeper", role=roles.OPERATOR, is_staff=True)
    assert page(keeper, address).status_code == 404
    audit_runs.delete_file(run=run, by=auditor, at=LATER)
    text = page(auditor, address).content.decode()
    assert "The pack was deleted" in text and "Ask again" in text and "How to check it" not in text
    assert page(auditor, f"{address}download/", now="1").status_code == 302
    assert AuditEntry.objects.filter(verb="evidence.pack_downloaded").count() == 1


def test_a_pack_of_nothing_is_refused_with_a_sentence(auditor: User) -> None:
    answer = page(auditor, "/audit/packs/", which="one", reference="INC-1999-0001")
    text = answer.content.decode()
    assert answer.status_code == 422 and "There is no “INC-1999-0001”" in text and 'value="INC-1999-0001"' in text
    wrong = {"which": "sample", "begin": "2026-03-02T00:00", "end": "2026-03-01T00:00", "sample": "5", "seed": "x"}
    answer = page(auditor, "/audit/packs/", **wrong)
    assert answer.status_code == 422
    assert AuditRun.objects.count() == 0


def test_each_night_at_two_a_verification_is_asked_for_and_the_next_promised(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    nightly.arm(at=datetime(2026, 3, 12, 22, tzinfo=UTC))
    nightly.arm(at=datetime(2026, 3, 12, 23, tzinfo=UTC))
    due = datetime(2026, 3, 13, 1, tzinfo=UTC)
    assert list(Timer.objects.filter(kind=nightly.KIND).values_list("due_at", "state")) == [(due, "armed")]
    timers.fire_due(at=due)
    run = AuditRun.objects.get()
    assert (run.kind, run.by, run.state) == ("verify", None, "waiting")
    assert Timer.objects.get(kind=nightly.KIND, state="armed").due_at == due + timedelta(days=1)
    timers.fire_due(at=due + timedelta(days=1))
    assert AuditRun.objects.count() == 1  # the first one is under way


def test_the_night_in_which_two_o_clock_is_left_out_has_its_verification_too(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    found = nightly.following(datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert found == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert nightly.following(found) == datetime(2026, 3, 30, 0, tzinfo=UTC)
