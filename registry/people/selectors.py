"""Finding people."""

from registry.domain.errors import NotFound
from registry.people.models import Person


def get_person(*, username: str) -> Person:
    """Return the active person who signs in as ``username``. Raises ``PEO020``."""
    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise NotFound(
            "PEO020",
            f"nobody here signs in as {username!r}",
            remedy="Check the user name, or have an administrator create the account.",
            username=username,
        )
    return person
