"""What can be refused, in words that the person who asked can act on."""


class DomainError(Exception):
    """An expected refusal. ``str(error)`` is a sentence for a business user; nothing was changed."""
