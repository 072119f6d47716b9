"""Who calls: a bearer token and nothing else. Cookies and sessions mean nothing to the API."""

import re

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from registry import api
from registry.domain.clock import SystemClock
from registry.domain.errors import NotPermitted

SCHEME = re.compile(r"bearer +(?P<secret>[A-Za-z0-9_.~+/=-]{1,200})", re.IGNORECASE)


class TokenAuthentication(BaseAuthentication):
    """Reads ``Authorization: Bearer mrm_…`` and makes the token's actor ``request.user``."""

    def authenticate(self, request: Request) -> tuple[api.Actor, None] | None:
        """Return the actor, or none without the header. Raises ``PEO012`` for a token that speaks for nobody."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        match = SCHEME.fullmatch(header)
        if match is None:
            raise NotPermitted(
                "PEO012",
                "the token is unknown, revoked or expired",
                remedy="Issue a new token, and send it as 'Authorization: Bearer mrm_…'.",
            )
        return api.actor_for_token(secret=match["secret"], at=SystemClock().now()), None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        """Return the challenge of a 401."""
        return 'Bearer realm="mrm"'
