"""What machines ask about the portal: is it up, is it ready, is it well, and its figures (P8, P21)."""

from collections.abc import Iterable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from portal.reads import health


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and its tables are those of this code; else 503."""
    try:
        executor = MigrationExecutor(connection)
        behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    if behind:
        return HttpResponse("migrations are missing\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The whole portal is well; else 503 and the problems."""
    try:
        status = health.status()
    except DatabaseError:
        return JsonResponse({"ok": False, "problems": ["The database does not answer."]}, status=503)
    answer = {
        "ok": status.is_well,
        "problems": status.problems,
        "clock_age_seconds": status.heartbeat_age,
        "oldest_due_seconds": status.oldest_due_age,
        "parked_timers": status.parked,
        "pending_messages": status.pending,
        "dead_messages": status.dead,
        "unhandled_dead_messages": status.unhandled,
        "unsealed": status.unsealed,
        "silent_channels": status.broken,
        "ledger_size": status.ledger_size,
        "ledger_unsealed_seconds": status.ledger_waits,
    }
    return JsonResponse(answer, status=200 if status.is_well else 503)


class Figures(Collector):
    """Reads the database when it is asked, so that every web process tells the same."""

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("portal_database_up", "1 when the database answers")
        try:
            status = health.status()
        except DatabaseError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        age = -1.0 if status.heartbeat_age is None else status.heartbeat_age
        yield GaugeMetricFamily("portal_clock_heartbeat_age_seconds", "Since the clock last ran; -1 never", age)
        yield GaugeMetricFamily("portal_timer_oldest_due_seconds", "Age of the oldest due timer", status.oldest_due_age)
        yield GaugeMetricFamily("portal_timers_armed", f"Armed timers, at most {health.COUNTED}", status.armed)
        yield GaugeMetricFamily("portal_timers_parked", "Timers whose handler kept failing", status.parked)
        pending = GaugeMetricFamily("portal_messages_pending", "Messages waiting to be sent", labels=["lane"])
        for lane, count in status.pending.items():
            pending.add_metric([lane], count)
        yield pending
        yield GaugeMetricFamily(
            "portal_message_oldest_pending_seconds", "Age of the oldest waiting message", status.oldest_pending_age
        )
        yield GaugeMetricFamily("portal_messages_dead", "Messages of 24 hours that could not be delivered", status.dead)
        yield GaugeMetricFamily("portal_ledger_size", "Sealed entries of the ledger", status.ledger_size)
        yield GaugeMetricFamily(
            "portal_ledger_unsealed_seconds", "Age of the oldest entry without its seal", status.ledger_waits
        )
        yield GaugeMetricFamily("portal_tables_unsealed", "Sealed tables without trigger", len(status.unsealed))


FIGURES = CollectorRegistry(auto_describe=False)
FIGURES.register(Figures())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text."""
    return HttpResponse(generate_latest(FIGURES), content_type=CONTENT_TYPE_LATEST)
