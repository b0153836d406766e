"""How allauth behaves here: nobody signs up, people are invited."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Closed sign-up; the log-in is the e-mail address."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
