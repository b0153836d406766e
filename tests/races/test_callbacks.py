"""Workers, the clock and whoever decides again are at one callback at once: it is sent once, or marked."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from incidents.models import CallbackAttempt, DecisionCallback, Override
from incidents.services import callbacks, overrides
from tests import factories_governance as make
from tests.factories_incidents import make_root
from tests.incidents import decided
from tests.incidents.decided import make_decided, make_source
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company() -> make.Company:
    return make.make_company(at=make.YESTERDAY)


def test_workers_and_the_clock_send_an_answer_once(company: make.Company, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    source, fresh = make_source()
    now = timezone.now()
    with decided.flow(fresh.signing) as flow:
        made = [make_decided(company, source, flow.url, at=now) for _number in range(5)]
        pks = [str(row.pk) for row in made if row is not None]
        work = [lambda: callbacks.work(pks), lambda: callbacks.work(pks[::-1]), lambda: callbacks.work(pks)]
        at_once(*work, lambda: callbacks.sweep(grace=timedelta()), lambda: callbacks.sweep(grace=timedelta()))
        assert sorted(message["id"] for message in flow.got) == sorted(pks)
        assert not any(message["possible_duplicate"] for message in flow.got)
    assert set(DecisionCallback.objects.values_list("state", flat=True)) == {"sent"}
    assert list(CallbackAttempt.objects.values_list("number", flat=True)) == [1] * 5


def test_a_lost_lease_is_taken_by_one(company: make.Company, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    source, fresh = make_source()
    now = timezone.now()
    with decided.flow(fresh.signing) as flow:
        make_decided(company, source, flow.url, at=now)
        assert callbacks.claim(at=now) is not None  # and never comes back
        later = now + callbacks.LEASE + timedelta(seconds=1)
        at_once(*[lambda: callbacks.sweep(at=later, grace=timedelta()) for _number in range(4)])
        assert [message["possible_duplicate"] for message in flow.got] == [True]
    assert list(CallbackAttempt.objects.order_by("number").values_list("result", flat=True)) == ["unknown", "sent"]


def test_of_two_who_set_the_same_rule_aside_one_is_told(company: make.Company) -> None:
    root, now = make_root(), timezone.now()
    refused: list[str] = []

    def begin(value: str) -> None:
        try:
            overrides.begin(
                kind="severity",
                workflow=company.workflow,
                value=value,
                until=now + timedelta(hours=1),
                reason="Night shift",
                by=root,
                at=now,
            )
        except overrides.BadOverride as error:
            refused.append(str(error))

    at_once(*[lambda value=value: begin(value) for value in ("sev1", "sev2", "sev3")])
    assert Override.objects.count() == 1
    assert len(refused) == 2 and all("set aside already" in sentence for sentence in refused)
