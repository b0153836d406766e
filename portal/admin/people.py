"""People, teams, departments, memberships, contact methods and absences."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import Absence, ContactMethod, Department, Membership, Team, User
from portal.services import people

from .base import ReadOnlyAdmin, ReasonedAdmin, ReasonedForm


class PersonForm(ReasonedForm):
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


@admin.register(User)
class PersonAdmin(ReasonedAdmin):
    form = PersonForm
    list_display = ["name", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["name", "email"]
    ordering = ["name"]
    fields = ["email", "name", "locale", "time_zone", "is_active", "reason"]
    actions = ["invite"]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            if obj == request.user and not obj.is_active:
                raise people.NotYourself(_("You cannot deactivate yourself. Ask another administrator."))
            obj.save(update_fields=form.changed_data and [name for name in form.changed_data if name != "reason"])
            people.sync_address(person=obj)
            return
        at = timezone.now()
        obj.set_unusable_password()
        obj.save()
        people.welcome(person=obj, at=at, verified=False)
        people.invite(person=obj, by=request.user, reason=form.cleaned_data["reason"], at=at)  # type: ignore[arg-type]
        messages.info(request, _("We sent %(person)s an invitation.") % {"person": obj})

    @admin.action(description=gettext_lazy("Send the invitation again"))
    def invite(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            people.invite(person=person, by=request.user, reason="invited again", at=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("The invitations are on their way."))


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

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        person, role = obj.user, obj.group.name
        obj.delete()
        people.judge_staff(person=person, role=role)


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


@admin.register(Absence)
class AbsenceAdmin(ReasonedAdmin):
    list_display = ["user", "starts_at", "ends_at", "cover"]
    list_filter = ["starts_at"]
    list_select_related = ["user", "cover"]
    search_fields = ["user__name", "user__email", "cover__name"]
    autocomplete_fields = ["user", "cover"]
    ordering = ["-starts_at"]
    deletable = True
