"""People, teams, departments, memberships, contact methods and absences."""

from functools import partial
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access, limits, registry
from portal.errors import DomainError
from portal.models import Absence, ContactMethod, Department, Membership, Team, User
from portal.reads import holdings, trail
from portal.services import absences, hold, leaving, people

from . import erasing
from .base import ReadOnlyAdmin, ReasonedAdmin, ReasonedForm


class PersonForm(ReasonedForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "is_active" in self.fields:
            self.fields["is_active"].help_text = _(
                "Without it nobody can sign in or be called. Before it goes you see what the person holds; "
                "when it comes back, the person gets a link to set a password."
            )

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody with this address is already here."))
        return email

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name and name not in available_timezones():
            raise forms.ValidationError(_("There is no time zone of this name. An example: Europe/Berlin."))
        return name


class LeaveForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=limits.REASON_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("Why they leave. It stands in the history; nobody is told it."),
        error_messages={"required": gettext_lazy("Please say why.")},
    )


@admin.register(User)
class PersonAdmin(ReasonedAdmin):
    """People. Whoever leaves does so on one page, however it was asked for: `leave_view`."""

    form = PersonForm
    change_form_template = "portal/admin/person.html"
    list_display = ["name", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["name", "email"]
    ordering = ["name"]
    actions = ["invite", "leave", "come_back"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        active = ["is_active"] if obj is not None else []
        return ["email", "name", "locale", "time_zone", *active, "reason"]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        person = kwargs.get("obj")
        context["has_trail"] = person is not None and trail.may_read(request.user, "person", person)  # type: ignore[arg-type]
        context["hold"] = hold.of([person]) if person is not None else None
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        leave = self.admin_site.admin_view(self.leave_view)
        erase = self.admin_site.admin_view(partial(erasing.erase, self))
        return [
            path("<path:object_id>/leave/", leave, name="portal_user_leave"),
            path("<path:object_id>/erase/", erase, name="portal_user_erase"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        at, reason = timezone.now(), form.cleaned_data["reason"]
        if not change:
            obj.set_unusable_password()
            obj.save()
            people.welcome(person=obj, at=at, verified=False)
            people.invite(person=obj, by=_actor(request), reason=reason, at=at)
            messages.info(request, _("We sent %(person)s an invitation.") % {"person": obj})
            return
        names = [name for name in form.changed_data if name not in ("reason", "is_active")]
        moves = "is_active" in form.changed_data
        wanted, obj.is_active = obj.is_active, obj.is_active != moves
        obj.save(update_fields=names)
        people.sync_address(person=obj)
        if moves and wanted:
            leaving.reactivate(person=obj, by=_actor(request), reason=reason, at=at)
        elif moves:
            _ask(request, [obj], reason)
            request.leaves = True  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: User) -> HttpResponse:
        if getattr(request, "leaves", False):
            messages.info(request, _("They are still here. See what they hold, and confirm."))
            return _to_leave(obj.pk)
        return super().response_change(request, obj)

    def leave_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everything that the person holds and what becomes of it; POST lets them leave."""
        person: User | None = self.get_object(request, object_id)
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if person is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = LeaveForm(request.POST or None, initial={"reason": _typed(request, person)})
        if request.method == "POST" and form.is_valid():
            try:
                reason, at = form.cleaned_data["reason"], timezone.now()
                leaving.deactivate(person=person, by=_actor(request), reason=reason, at=at)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("%(person)s has left. What they held has passed on.") % {"person": person})
                return _following(request, person)
        rows = holdings.of(person, at=timezone.now(), viewer=_actor(request)) if person.is_active else []
        context = {
            "title": _("%(person)s leaves") % {"person": person},
            "person": person,
            "refused": leaving.why_not(person, _actor(request)),
            "sections": holdings.sections(rows),
            "gaps": sum(row.gap is not None for row in rows),
            "form": form,
        }
        everything = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, "portal/admin/leave.html", everything, status=422 if form.errors else 200)

    @admin.action(description=gettext_lazy("Send the invitation again"), permissions=["change"])
    def invite(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            people.invite(person=person, by=_actor(request), reason="invited again", at=timezone.now())
        messages.success(request, _("The invitations are on their way."))

    @admin.action(description=gettext_lazy("They leave: see what they hold"), permissions=["change"])
    def leave(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        """One after the other, each on the page that shows what they hold."""
        chosen = list(queryset.order_by("name", "pk"))
        _ask(request, chosen, request.POST.get("reason", ""))
        return _to_leave(chosen[0].pk)

    @admin.action(description=gettext_lazy("They are back"), permissions=["change"])
    def come_back(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            reason = request.POST["reason"][: limits.REASON_LENGTH]
            leaving.reactivate(person=person, by=_actor(request), reason=reason, at=timezone.now())
        messages.success(request, _("They are back, and get a link to set a password."))


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


ASKED = "leaving"  # in the session: who shall leave, and the reason that was typed already


def _ask(request: HttpRequest, chosen: list[User], reason: str) -> None:
    request.session[ASKED] = {"people": [str(person.pk) for person in chosen], "reason": reason[: limits.REASON_LENGTH]}


def _asked(request: HttpRequest) -> dict[str, Any]:
    return request.session.get(ASKED) or {"people": [], "reason": ""}


def _typed(request: HttpRequest, person: User) -> str:
    asked = _asked(request)
    return str(asked["reason"]) if str(person.pk) in asked["people"] else ""


def _to_leave(pk: Any) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:portal_user_leave", args=[pk]))


def _following(request: HttpRequest, person: User) -> HttpResponse:
    """After `person` has left: the next one of those who were chosen together, else the person's page."""
    asked = _asked(request)
    left = [pk for pk in asked["people"] if pk != str(person.pk)]
    request.session[ASKED] = {**asked, "people": left} if left else None
    if left and str(person.pk) in asked["people"]:
        return _to_leave(left[0])
    return HttpResponseRedirect(reverse("admin:portal_user_change", args=[person.pk]))


@admin.register(Department)
class DepartmentAdmin(ReasonedAdmin):
    list_display = ["name", "key"]
    list_filter: Any = []
    search_fields = ["name", "key"]
    ordering = ["name"]


@admin.register(Team)
class TeamAdmin(ReasonedAdmin):
    list_display = ["name", "key", "department", "is_active"]
    list_filter = ["is_active", "department"]
    list_select_related = ["department"]
    search_fields = ["name", "key"]
    autocomplete_fields = ["department"]
    ordering = ["name"]

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        if not change:
            obj.group = people.team_group(obj.key)
        obj.save()


@admin.register(Membership)
class MembershipAdmin(ReasonedAdmin):
    """Who works in which team and has which role."""

    list_display = ["user", "group"]
    list_filter = ["group"]
    list_select_related = ["user", "group"]
    search_fields = ["user__name", "user__email", "group__name"]
    autocomplete_fields = ["user", "group"]
    ordering = ["user__name", "group__name"]
    deletable = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        obj.save()
        people.judge_staff(person=obj.user, role=obj.group.name)
        for _name, notes in registry.assigned.items():
            for note in notes(obj.user, at=timezone.now()):
                messages.warning(request, note)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        people.remove(membership=obj)


class GroupAdmin(ReadOnlyAdmin):
    """Groups follow roles and teams; here they are only found."""

    list_display = ["name"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name"]


@admin.register(ContactMethod)
class ContactMethodAdmin(ReasonedAdmin):
    list_display = ["user", "channel", "address", "lane", "order", "verified_at", "is_active"]
    list_filter = ["channel", "lane", "is_active"]
    list_select_related = ["user"]
    search_fields = ["user__name", "user__email", "address"]
    autocomplete_fields = ["user"]
    fields = ["user", "channel", "address", "lane", "order", "wait_minutes", "is_active", "verified_at", "reason"]
    readonly_fields = ["user", "channel", "address", "lane", "verified_at"]
    ordering = ["user__name", "order"]
    deletable = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people add and prove their own


class AbsenceForm(ReasonedForm):
    """Says at the fields what ``absences`` would refuse."""

    def clean(self) -> dict[str, Any] | None:
        found = super().clean()
        if self.errors:
            return found
        wanted = {name: self.cleaned_data[name] for name in ("starts_at", "ends_at", "cover")}
        at = timezone.now()
        try:
            if self.instance._state.adding:
                row = Absence(user=self.cleaned_data["user"], **wanted)
            else:
                row = absences.moved(Absence.objects.filter(pk=self.instance.pk).first(), **wanted, at=at)
            absences.judge(row, at)
        except absences.BadAbsence as error:
            self.add_error(error.field, str(error))
        except absences.Gone as error:
            self.add_error(None, str(error))
        return found


@admin.register(Absence)
class AbsenceAdmin(ReasonedAdmin):
    form = AbsenceForm
    list_display = ["user", "starts_at", "ends_at", "cover"]
    list_filter = ["starts_at"]
    list_select_related = ["user", "cover"]
    search_fields = ["user__name", "user__email", "cover__name"]
    autocomplete_fields = ["user", "cover"]
    ordering = ["-starts_at"]
    deletable = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or bool(access.can(request.user, "change", obj)))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else ["user"]  # whoever else is away has an absence of their own

    def save_model(self, request: HttpRequest, obj: Absence, form: Any, change: bool) -> None:
        wanted: dict[str, Any] = {"starts_at": obj.starts_at, "ends_at": obj.ends_at, "cover": obj.cover}
        by, at = _actor(request), timezone.now()
        if change:
            absences.change(absence=obj, by=by, at=at, **wanted)
        else:
            obj.pk = absences.add(user=obj.user, by=by, at=at, **wanted).pk

    def delete_model(self, request: HttpRequest, obj: Absence) -> None:
        absences.cancel(absence=obj, by=_actor(request), at=timezone.now())
