"""`/go/<token>/`: a link from a mail. GET shows, POST acts; nobody has to sign in."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal import links
from portal.errors import DomainError
from portal.models import Message, User
from portal.services import contacts


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one_time(request: HttpRequest, token: str) -> HttpResponse:
    try:
        grant = links.read(token)
        answer: HttpResponse = links.purposes[grant.purpose](grant, request)
    except links.BadLink as error:
        return render(request, "portal/one_time/over.html", {"reason": str(error)}, status=410)
    return answer


def verify_contact(grant: links.Grant, request: HttpRequest) -> HttpResponse:
    """The page of the link that proves a contact method."""
    message = Message.objects.select_related("recipient", "method").get(pk=grant.message_id)
    if message.method is None:
        raise links.BadLink(_("This way to reach you was removed."))
    context: dict[str, Any] = {"message": message, "method": message.method}
    if request.method == "POST":
        try:
            contacts.verify(grant=grant, at=timezone.now())
        except DomainError as error:
            raise links.BadLink(str(error)) from None
        return redirect(request.path)
    return render(request, "portal/one_time/verify.html", context)


def set_password(grant: links.Grant, request: HttpRequest) -> HttpResponse:
    """The invitation: a press leads to the page that sets the password, with a key made at this moment."""
    person = User.objects.get(pk=grant.user_id)
    if person.last_login is not None or person.has_usable_password():
        raise links.Expired(_("You have chosen a password already. Please sign in with it."))
    if request.method == "POST":
        key = default_token_generator.make_token(person)
        return redirect("account_reset_password_from_key", uidb36=user_pk_to_url_str(person), key=key)
    return render(request, "portal/one_time/welcome.html", {"person": person})
