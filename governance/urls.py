from django.urls import path

from governance.views import ownership

app_name = "governance"
urlpatterns = [
    path("ownership/", ownership.index, name="ownership"),
    path("ownership/told/", ownership.told, name="told"),
    path("ownership/contacts/", ownership.contacts, name="contacts"),
    path("ownership/<slug:key>/", ownership.workflow, name="ownership-workflow"),
]
