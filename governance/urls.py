from django.urls import path

from governance.views import calendars, oncall, ownership

app_name = "governance"
urlpatterns = [
    path("oncall/", oncall.page, name="oncall"),
    path("oncall/cover/", oncall.cover, name="oncall-cover"),
    path("oncall/overrides/<uuid:pk>/change/", oncall.change, name="oncall-change"),
    path("oncall/overrides/<uuid:pk>/withdraw/", oncall.withdraw, name="oncall-withdraw"),
    path("oncall/swaps/<uuid:pk>/", oncall.answer, name="oncall-answer"),
    path("oncall/import/", calendars.read, name="oncall-import"),
    path("oncall/calendar/", oncall.make_link, name="oncall-calendar-link"),
    path("oncall/<str:secret>.ics", oncall.calendar, name="oncall-calendar"),
    path("ownership/", ownership.index, name="ownership"),
    path("ownership/told/", ownership.told, name="told"),
    path("ownership/contacts/", ownership.contacts, name="contacts"),
    path("ownership/workflows/<slug:key>/", ownership.workflow, name="ownership-workflow"),
    path("ownership/<slug:key>/", ownership.moved),
]
