from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    name = "incidents"
    label = "incidents"
    verbose_name = _("Incidents")

    def ready(self) -> None:
        from governance import terms as middle
        from incidents import access, handlers, invariants, terms
        from incidents.models import words
        from incidents.reads import (
            accounts,
            action_items,
            agenda,
            containments,
            decisions,
            grounds,
            home,
            home_response,
            learning_counts,
            overrides,
            packs,
            pinned,
            remedies,
            report_rights,
            reports_written,
            reviews,
            search,
            silences,
            trail,
        )
        from incidents.reads import feedback as feedback_reads
        from incidents.services import (
            callbacks,
            decision_messages,
            erasable,
            erasable_learned,
            feedback,
            figures,
            findings,
            governance_reports,
            leaving,
            messages,
            patterns,
            recurrences,
            role_timers,
        )
        from incidents.views import answer, scopes
        from portal import registry
        from portal import terms as lower

        lower.name(self, lower.TERMS | middle.TERMS | terms.TERMS)
        access.register()
        messages.register()
        decision_messages.register()
        handlers.register()
        invariants.register()
        answer.register()
        scopes.register()
        accounts.register()
        agenda.register()
        grounds.register()
        home.register()
        home_response.register()
        leaving.register()
        role_timers.register()
        feedback.register()
        figures.register()
        findings.register()
        patterns.register()
        recurrences.register()
        erasable.register()
        erasable_learned.register()
        packs.register()
        pinned.register()
        overrides.register()
        silences.register()
        containments.register()
        decisions.register()
        remedies.register()
        reviews.register()
        report_rights.register()
        reports_written.register()
        governance_reports.register()
        action_items.register()
        learning_counts.register()
        feedback_reads.register()
        registry.after_migrate.add("incidents.words", words.install)
        search.register()
        trail.register()
        registry.sweeps.add("incidents.callbacks", callbacks.sweep)
        registry.api_parts.add("incidents.decisions", "incidents.api.decision_doors.part")
        registry.api_parts.add("incidents.doors", "incidents.api.doors.part")
        registry.api_routers.add("incidents", ("", "incidents.api.incidents.router"))
        registry.api_routers.add("incidents.insights", ("", "incidents.api.insights.router"))
