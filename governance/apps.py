from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    name = "governance"
    label = "governance"
    verbose_name = _("Rules")

    def ready(self) -> None:
        from governance import access, handlers, invariants, terms
        from governance.reads import (
            accounts,
            delegations,
            holdings,
            holdings_oncall,
            inbox,
            oncall_ahead,
            packs,
            search,
            swaps,
            trail,
        )
        from governance.services import delegations as delegating
        from governance.services import erasable, handovers, notices, oncall, ownership
        from governance.services import swaps as swapping
        from portal import registry
        from portal import terms as lower

        lower.name(self, lower.TERMS | terms.TERMS)
        registry.access_rules.add("governance.workflow", access.workflow_rule)
        packs.register()
        for label in access.DOCUMENTS:
            registry.access_rules.add(label, access.document_rule)
        for label in access.SCHEDULES:
            registry.access_rules.add(label, access.schedule_rule)
        for label in access.BOARDS:
            registry.access_rules.add(label, access.board_rule)
        registry.access_rules.add("governance.delegation", access.delegation_rule)
        handlers.register()
        delegating.register()
        erasable.register()
        handovers.register()
        notices.register()
        oncall.register()
        ownership.register()
        swapping.register()
        keeping()
        accounts.register()
        inbox.register()
        search.register()
        trail.register()
        registry.holdings.add("governance.documents", holdings.held)
        registry.holdings.add("governance.oncall", holdings_oncall.held)
        registry.holdings.add("governance.boards", delegations.held)
        registry.home_cards.add("governance.delegations", delegations.card)
        registry.home_cards.add("governance.swaps", swaps.card)
        registry.home_ahead.add("governance.oncall", oncall_ahead.ahead)
        registry.api_routers.add("governance", ("", "governance.api.router"))
        registry.invariants.add("I15", invariants.approved_digests)
        registry.invariants.add("I15 compiled", invariants.compiled)
        registry.invariants.add("I17 on call", invariants.somebody_on_call)


def keeping() -> None:
    """What keeps the rules alive: checks, reading, training, governance reviews."""
    from governance import access
    from governance.reads import attestations as attestation_reads
    from governance.reads import checks as check_reads
    from governance.reads import governance_reviews as review_reads
    from governance.reads import training as training_reads
    from governance.services import attestations, checks, digests, governance_reviews, policies, training
    from portal import registry

    for part in (attestations, checks, digests, governance_reviews, policies, training):
        part.register()
    registry.access_rules.add("governance.documentcheck", access.check_rule)
    registry.access_rules.add("governance.attestation", access.keeper_rule)
    registry.access_rules.add("governance.training", access.keeper_rule)
    registry.access_rules.add("governance.governancereview", access.review_rule)
    registry.home_cards.add("governance.checks", check_reads.card)
    registry.home_cards.add("governance.attestations", attestation_reads.card)
    registry.home_cards.add("governance.training", training_reads.card)
    registry.assigned.add("governance.training", training_reads.assigned)
    registry.home_cards.add("governance.governance_reviews", review_reads.card)
