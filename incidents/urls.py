"""Addresses of incidents, reports and the doors for machines."""

from django.urls import path

from incidents import api
from incidents.views import board, evidence, report, track

app_name = "incidents"

urlpatterns = [
    path("incidents/", board.board, name="board"),
    path("incidents/new/", report.new, name="new"),
    path("incidents/draft/", report.draft, name="draft"),
    path("incidents/mine/", report.mine, name="mine"),
    path("incidents/<str:reference>/evidence/", evidence.add, name="evidence-add"),
    path("incidents/<str:reference>/evidence/<uuid:pk>/", evidence.download, name="evidence"),
    path("track/<str:token>/", track.track, name="track"),
    path("api/v1/intake/<slug:key>", api.receive_event, name="intake"),
]
