from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    label = "incidents"

    def ready(self) -> None:
        from governance import terms as middle
        from incidents import access, handlers, invariants, terms
        from incidents.reads import home
        from incidents.services import messages
        from incidents.views import answer
        from portal import terms as lower

        lower.name(self, lower.TERMS | middle.TERMS | terms.TERMS)
        access.register()
        messages.register()
        handlers.register()
        invariants.register()
        answer.register()
        home.register()
