"""Addresses of incidents, reports and the doors for machines."""

from django.urls import path

from incidents.api import beats as beats_api
from incidents.api import intake, pagerduty
from incidents.views import (
    actions,
    affected,
    authority,
    beats,
    board,
    board_views,
    conformance,
    dependency_map,
    evidence,
    incident,
    mapping,
    report,
    silences,
    sources,
    track,
    triage,
)

app_name = "incidents"

urlpatterns = [
    path("api/v1/intake/<slug:key>", intake.receive_event, name="intake"),
    path("api/v1/intake/<slug:key>/<str:token>", intake.receive_event, name="intake-token"),
    path("incidents/", board.board, name="board"),
    path("incidents/new/", report.new, name="new"),
    path("incidents/new/beside/", report.beside, name="beside"),
    path("incidents/draft/", report.draft, name="draft"),
    path("incidents/mine/", report.mine, name="mine"),
    path("incidents/<str:reference>/affected/", affected.affected, name="affected"),
    path("incidents/views/", board_views.new, name="view-new"),
    path("incidents/views/<uuid:pk>/", board_views.change, name="view-change"),
    path("incidents/views/<uuid:pk>/remove/", board_views.remove, name="view-remove"),
    path("incidents/<str:reference>/evidence/", evidence.add, name="evidence-add"),
    path("incidents/<str:reference>/evidence/<uuid:pk>/", evidence.download, name="evidence"),
    path("incidents/<str:reference>/do/<slug:action>/", actions.act, name="act"),
    path("incidents/<str:reference>/ask/<slug:action>/", authority.ask, name="authority-ask"),
    path("incidents/<str:reference>/conformance/", conformance.conformance, name="conformance"),
    path("incidents/<str:reference>/conformance.json", conformance.document, name="conformance-document"),
    path("incidents/<str:reference>/triage.json", triage.document, name="triage-document"),
    path("incidents/<str:reference>/map/", dependency_map.dependency_map, name="map"),
    path("incidents/<str:reference>/events/", triage.events, name="events"),
    path("track/<str:token>/", track.track, name="track"),
    path("sources/", sources.index, name="sources"),
    path("sources/new/", sources.new, name="source-new"),
    path("sources/<slug:key>/", sources.source, name="source"),
    path("sources/<slug:key>/silence/", sources.silence, name="source-silence"),
    path("sources/<slug:key>/secret/", sources.secret, name="source-secret"),
    path("sources/<slug:key>/mapping/", mapping.mapping, name="source-mapping"),
    path("silences/", silences.index, name="silences"),
    path("silences/plan/", silences.plan, name="silence-plan"),
    path("silences/<uuid:pk>/lift/", silences.lift, name="silence-lift"),
    path("beats/", beats.index, name="beats"),
    path("beats/new/", beats.new, name="beat-new"),
    path("beats/<slug:key>/", beats.beat, name="beat-page"),
    path("beats/<slug:key>/<slug:action>/", beats.act, name="beat-act"),
    path("api/v1/beats/<str:secret>", beats_api.receive_beat, name="beat"),
    path("v2/enqueue", pagerduty.enqueue, name="pagerduty"),
    path("v2/change/enqueue", pagerduty.enqueue_change, name="pagerduty-change"),
    path("incidents/<str:reference>/", incident.incident, name="incident"),
]
