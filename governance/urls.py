from django.urls import path

from governance.views import ownership

app_name = "governance"
urlpatterns = [
    path("ownership/", ownership.index, name="ownership"),
    path("ownership/<slug:key>/", ownership.workflow, name="ownership-workflow"),
]
