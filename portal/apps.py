from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    label = "portal"

    def ready(self) -> None:
        from portal import access, checks, hooks, invariants, registry, seal  # noqa: F401  (checks register themselves)
        from portal.services import roles

        hooks.connect(after_migrate=[seal.install, roles.sync])
        invariants.register()
        for label in ("portal.contactmethod", "portal.absence", "portal.message"):
            registry.access_rules.add(label, access.own_row)
