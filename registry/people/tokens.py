"""Opaque access tokens: 256 random bits, kept by digest, within scopes, until a date."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from registry.domain.canonical import sha256_hex
from registry.domain.errors import InvalidInput, NotPermitted
from registry.people.actors import Actor, actor_for_person
from registry.people.models import ApiToken, Person

MARK = "mrm_"
LONGEST_LIFE = timedelta(days=90)
LAST_USED_STEP = timedelta(minutes=5)


class Scope(StrEnum):
    """What a token may be used for. No token can approve, sign or administer."""

    READ = "read"
    REGISTER = "register"
    SUBMIT = "submit"
    EVIDENCE = "evidence"


def new_token(
    *, person: Person, name: str, scopes: list[str], expires_at: datetime, at: datetime
) -> tuple[ApiToken, str]:
    """Create a token and return it with its secret, which is shown once and kept nowhere.

    Raises ``PEO010`` for an unknown scope and ``PEO011`` for a life beyond ninety days.
    """
    unknown = sorted(set(scopes) - set(Scope))
    if unknown or not scopes:
        raise InvalidInput(
            "PEO010",
            f"unknown scopes: {', '.join(unknown) or 'none given'}",
            remedy=f"Use one or more of {', '.join(Scope)}.",
        )
    if not at < expires_at <= at + LONGEST_LIFE:
        raise InvalidInput(
            "PEO011",
            "the token would be expired or live longer than ninety days",
            remedy="Choose an expiry within ninety days.",
        )
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        person=person,
        name=name,
        prefix=secret[:10],
        secret_digest=sha256_hex(secret.encode()),
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=expires_at,
    )
    return token, secret


def actor_for_token(*, secret: str, at: datetime, channel: str = "rest") -> Actor:
    """Return the actor for whom the secret speaks. Raises ``PEO012`` when it speaks for nobody."""
    token = (
        ApiToken.objects.select_related("person")
        .filter(secret_digest=sha256_hex(secret.encode()), revoked_at__isnull=True, expires_at__gt=at)
        .first()
    )
    if token is None or not token.person.is_active:
        raise NotPermitted(
            "PEO012",
            "the token is unknown, revoked or expired",
            remedy="Issue a new token, and send it as 'Authorization: Bearer mrm_…'.",
        )
    if token.last_used_at is None or at - token.last_used_at > LAST_USED_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return actor_for_person(person=token.person, channel=channel, on=at.date(), token=token)
