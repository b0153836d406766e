"""Every URL of the site, one include per feature."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from portal import api
from portal.admin import site
from portal.api import docs
from portal.views import erasure, health, home, ledger, ledger_runs, one_time, profile, search, tokens, trail

site.tidy()

urlpatterns = [
    path("", include("incidents.urls")),  # first, for the doors: every event looks for its address
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("", home.now, name="home"),
    path("search/", search.search, name="search"),
    path("search/palette/", search.palette, name="palette"),
    path("trail/<slug:kind>/<str:key>/", trail.trail, name="trail"),
    path("audit/", ledger.audit, name="audit"),
    path("audit/checkpoint/", ledger.checkpoint, name="audit-checkpoint"),
    path("audit/key/", ledger.key, name="audit-key"),
    path("audit/verify/", ledger_runs.verify, name="audit-verify"),
    path("audit/packs/", ledger_runs.packs, name="audit-packs"),
    path("audit/runs/<uuid:pk>/", ledger_runs.run, name="audit-run"),
    path("audit/runs/<uuid:pk>/stop/", ledger_runs.stop, name="audit-run-stop"),
    path("audit/runs/<uuid:pk>/download/", ledger_runs.download, name="audit-run-download"),
    path("audit/runs/<uuid:pk>/delete/", ledger_runs.delete, name="audit-run-delete"),
    path("audit/<int:pk>/", ledger.entry, name="audit-entry"),
    path("audit/<int:pk>/receipt/", ledger.receipt, name="audit-receipt"),
    path("audit/<int:pk>/leaf/", ledger.leaf, name="audit-leaf"),
    path("audit/<int:pk>/words/", ledger.words, name="audit-words"),
    path("audit/<int:pk>/erase/", erasure.erase, name="audit-erase"),
    path("profile/", profile.profile, name="profile"),
    path("profile/preferences/", profile.preferences, name="profile-preferences"),
    path("profile/methods/", profile.add_method, name="profile-method-add"),
    path("profile/methods/<uuid:pk>/link/", profile.prove_method, name="profile-method-link"),
    path("profile/methods/<uuid:pk>/test/", profile.test_method, name="profile-method-test"),
    path("profile/quiet/", profile.quiet_hours, name="profile-quiet"),
    path("profile/methods/<uuid:pk>/move/", profile.move_method, name="profile-method-move"),
    path("profile/methods/<uuid:pk>/change/", profile.change_method, name="profile-method-change"),
    path("profile/methods/<uuid:pk>/remove/", profile.remove_method, name="profile-method-remove"),
    path("profile/absences/", profile.add_absence, name="profile-absence-add"),
    path("profile/absences/<uuid:pk>/cancel/", profile.cancel_absence, name="profile-absence-cancel"),
    path("profile/tokens/", tokens.page, name="tokens"),
    path("profile/tokens/<uuid:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("inbox/", profile.inbox, name="inbox"),
    path("inbox/read/", profile.read_all, name="inbox-read"),
    path("go/<str:token>/", one_time.one_time, name="one-time"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("accounts/email/", RedirectView.as_view(pattern_name="profile")),  # an admin changes the log-in address
    path("accounts/", include("allauth.urls")),
    path("api/v1/", api.addresses()),
    path("api/docs", docs.page, name="api-docs"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("governance.urls")),
    re_path("^api/", api.nowhere),
]

handler400 = "portal.views.errors.bad_request"
handler500 = "portal.views.errors.server_error"
