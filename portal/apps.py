from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"

    def ready(self) -> None:
        from portal import access, checks, hooks, invariants, links, lookups, registry, seal, terms  # noqa: F401  (checks and lookups register themselves)
        from portal.reads import accounts, holdings, trail
        from portal.search import index
        from portal.services import audit_runs, contacts, erasure, hold, leaving, nightly, people, roles, witnesses
        from portal.views import one_time

        terms.name(self, terms.TERMS)

        def installed() -> None:
            for _name, follow_up in registry.after_migrate.items():
                follow_up()

        hooks.connect(after_migrate=[seal.install, roles.sync, installed], address_proved=people.prove_address)
        invariants.register()
        accounts.register()
        contacts.register()
        trail.register()
        leaving.register()
        hold.register()
        erasure.register()
        audit_runs.register()
        nightly.register()
        index.register()
        witnesses.register()
        registry.api_routers.add("search", ("", "portal.api.search.router"))
        registry.holdings.add("portal.own", holdings.own)
        links.purposes.add(contacts.PURPOSE, one_time.verify_contact)
        links.purposes.add(contacts.SET_PASSWORD, one_time.set_password)
        for label in ("portal.contactmethod", "portal.absence", "portal.message", "portal.apitoken"):
            registry.access_rules.add(label, access.own_row)
