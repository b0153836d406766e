from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    label = "governance"
    verbose_name = _("Rules")

    def ready(self) -> None:
        from governance import access, handlers, invariants, terms
        from governance.reads import holdings, holdings_oncall, oncall_ahead, search, swaps, trail
        from governance.services import handovers, oncall
        from governance.services import swaps as swapping
        from portal import registry
        from portal import terms as lower

        lower.name(self, lower.TERMS | terms.TERMS)
        registry.access_rules.add("governance.workflow", access.workflow_rule)
        for label in access.DOCUMENTS:
            registry.access_rules.add(label, access.document_rule)
        for label in access.SCHEDULES:
            registry.access_rules.add(label, access.schedule_rule)
        handlers.register()
        handovers.register()
        oncall.register()
        swapping.register()
        search.register()
        trail.register()
        registry.holdings.add("governance.documents", holdings.held)
        registry.holdings.add("governance.oncall", holdings_oncall.held)
        registry.home_cards.add("governance.swaps", swaps.card)
        registry.home_ahead.add("governance.oncall", oncall_ahead.ahead)
        registry.api_routers.add("governance", ("", "governance.api.router"))
        registry.invariants.add("I15", invariants.approved_digests)
        registry.invariants.add("I15 compiled", invariants.compiled)
        registry.invariants.add("I17 on call", invariants.somebody_on_call)
