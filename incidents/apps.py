from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    label = "incidents"

    def ready(self) -> None:
        from incidents import access, handlers, invariants
        from incidents.reads import home
        from incidents.services import messages
        from incidents.views import answer

        access.register()
        messages.register()
        handlers.register()
        invariants.register()
        answer.register()
        home.register()
