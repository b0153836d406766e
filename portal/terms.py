"""Names of models and fields as the admin says them.

Django makes them of the names in the code; saying them here leaves the models and their migrations alone.
"""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_noop, pgettext_lazy

OF_DJANGO = (gettext_noop("Save and add another"), gettext_noop("Save and continue editing"))
"""Words of Django's admin that our catalog says with the verb of our own buttons."""


def name(config: AppConfig, terms: dict[str, Any]) -> None:
    """Give the models of `config` and their fields their `terms`, by the names that Django makes of the code."""
    for model in config.get_models():
        meta = model._meta
        meta.verbose_name = _named(meta.verbose_name, terms)
        meta.verbose_name_plural = _named(meta.verbose_name_plural, terms)
        for field in meta.local_fields + meta.local_many_to_many:
            field.verbose_name = _named(field.verbose_name, terms)


def _named(word: Any, terms: dict[str, Any]) -> Any:
    """The term for `word`, else `word`, e.g. where a model says it in a way that can be translated."""
    return terms.get(str(word), word)


TERMS = {
    "absence": pgettext_lazy("term", "absence"),
    "absences": pgettext_lazy("term", "absences"),
    "actor": pgettext_lazy("term", "actor"),
    "actor label": pgettext_lazy("term", "actor label"),
    "address": pgettext_lazy("term", "address"),
    "api token": pgettext_lazy("term", "API token"),
    "api tokens": pgettext_lazy("term", "API tokens"),
    "at": pgettext_lazy("term", "at"),
    "attempt": pgettext_lazy("term", "attempt"),
    "attempts": pgettext_lazy("term", "attempts"),
    "audit entries": pgettext_lazy("term", "audit entries"),
    "audit entry": pgettext_lazy("term", "audit entry"),
    "audit payload": pgettext_lazy("term", "audit payload"),
    "audit payloads": pgettext_lazy("term", "audit payloads"),
    "body hash": pgettext_lazy("term", "body hash"),
    "breaker": pgettext_lazy("term", "breaker"),
    "breakers": pgettext_lazy("term", "breakers"),
    "bundle": pgettext_lazy("term", "bundle"),
    "channel": pgettext_lazy("term", "channel"),
    "commitment": pgettext_lazy("term", "commitment"),
    "contact method": pgettext_lazy("term", "contact method"),
    "contact methods": pgettext_lazy("term", "contact methods"),
    "content": pgettext_lazy("term", "content"),
    "context": pgettext_lazy("term", "context"),
    "counter": pgettext_lazy("term", "counter"),
    "counters": pgettext_lazy("term", "counters"),
    "cover": pgettext_lazy("term", "cover"),
    "created at": pgettext_lazy("term", "created at"),
    "data": pgettext_lazy("term", "data"),
    "data class": pgettext_lazy("term", "data class"),
    "deadline at": pgettext_lazy("term", "deadline at"),
    "delivered at": pgettext_lazy("term", "delivered at"),
    "department": pgettext_lazy("term", "department"),
    "departments": pgettext_lazy("term", "departments"),
    "detail": pgettext_lazy("term", "detail"),
    "died at": pgettext_lazy("term", "died at"),
    "digest": pgettext_lazy("term", "digest"),
    "due at": pgettext_lazy("term", "due at"),
    "ended at": pgettext_lazy("term", "ended at"),
    "ends at": pgettext_lazy("term", "ends at"),
    "entry": pgettext_lazy("term", "entry"),
    "event": pgettext_lazy("term", "event"),
    "expires at": pgettext_lazy("term", "expires at"),
    "failures": pgettext_lazy("term", "failures"),
    "fallback of": pgettext_lazy("term", "fallback of"),
    "group": pgettext_lazy("term", "group"),
    "groups": pgettext_lazy("term", "groups"),
    "heartbeat": pgettext_lazy("term", "heartbeat"),
    "heartbeats": pgettext_lazy("term", "heartbeats"),
    "id": pgettext_lazy("term", "id"),
    "idempotency key": pgettext_lazy("term", "idempotency key"),
    "idempotency keys": pgettext_lazy("term", "idempotency keys"),
    "is active": pgettext_lazy("term", "is active"),
    "key": pgettext_lazy("term", "key"),
    "kind": pgettext_lazy("term", "kind"),
    "lane": pgettext_lazy("term", "lane"),
    "last used at": pgettext_lazy("term", "last used at"),
    "lease until": pgettext_lazy("term", "lease until"),
    "made at": pgettext_lazy("term", "made at"),
    "maybe duplicate": pgettext_lazy("term", "maybe duplicate"),
    "membership": pgettext_lazy("term", "membership"),
    "memberships": pgettext_lazy("term", "memberships"),
    "message": pgettext_lazy("term", "message"),
    "messages": pgettext_lazy("term", "messages"),
    "method": pgettext_lazy("term", "method"),
    "name": pgettext_lazy("term", "name"),
    "number": pgettext_lazy("term", "number"),
    "opened at": pgettext_lazy("term", "opened at"),
    "order": pgettext_lazy("term", "order"),
    "process": pgettext_lazy("term", "process"),
    "quiet from": pgettext_lazy("term", "quiet from"),
    "quiet until": pgettext_lazy("term", "quiet until"),
    "read at": pgettext_lazy("term", "read at"),
    "reason": pgettext_lazy("term", "reason"),
    "recipient": pgettext_lazy("term", "recipient"),
    "request id": pgettext_lazy("term", "request id"),
    "response": pgettext_lazy("term", "response"),
    "result": pgettext_lazy("term", "result"),
    "retry at": pgettext_lazy("term", "retry at"),
    "revoked at": pgettext_lazy("term", "revoked at"),
    "salt": pgettext_lazy("term", "salt"),
    "scope": pgettext_lazy("term", "scope"),
    "secret": pgettext_lazy("term", "secret"),
    "sent at": pgettext_lazy("term", "sent at"),
    "started at": pgettext_lazy("term", "started at"),
    "starts at": pgettext_lazy("term", "starts at"),
    "state": pgettext_lazy("term", "state"),
    "step": pgettext_lazy("term", "step"),
    "subject id": pgettext_lazy("term", "subject id"),
    "subject type": pgettext_lazy("term", "subject type"),
    "target id": pgettext_lazy("term", "target id"),
    "target type": pgettext_lazy("term", "target type"),
    "team": pgettext_lazy("term", "team"),
    "teams": pgettext_lazy("term", "teams"),
    "thread": pgettext_lazy("term", "thread"),
    "time zone": pgettext_lazy("term", "time zone"),
    "timer": pgettext_lazy("term", "timer"),
    "timers": pgettext_lazy("term", "timers"),
    "token": pgettext_lazy("term", "token"),
    "tries": pgettext_lazy("term", "tries"),
    "user": pgettext_lazy("term", "user"),
    "value": pgettext_lazy("term", "value"),
    "verb": pgettext_lazy("term", "verb"),
    "verified at": pgettext_lazy("term", "verified at"),
    "wait minutes": pgettext_lazy("term", "wait minutes"),
    "worker": pgettext_lazy("term", "worker"),
}
