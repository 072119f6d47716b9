"""For whom a token speaks, one's own tokens, and the key that checks permits."""

from typing import ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.rest import shapes
from registry.rest.fields import read_query
from registry.rest.output import when
from registry.rest.paging import page_of
from registry.rest.permissions import ANY_SCOPE
from registry.rest.schema import described
from registry.rest.views import ApiView, actor_of, tagged, who


class Whoami(ApiView):
    """The actor behind the token."""

    scopes: ClassVar = {"GET": ANY_SCOPE}

    @described("Say for whom the token speaks", shapes.WhoamiShape)
    def get(self, request: Request) -> Response:
        """Return the person, the roles that hold today, and the token's scopes."""
        read_query(request)
        actor = actor_of(request)
        answer: shapes.WhoamiShape = {
            "uuid": str(actor.person_uuid),
            "username": actor.username,
            "name": actor.name,
            "grants": [
                {"role": grant.role.value, "entity": grant.entity_key}
                for grant in sorted(actor.grants, key=lambda grant: (grant.role.value, grant.entity_key))
            ],
            "scopes": sorted(actor.scopes or ()),
        }
        return Response(answer)


class TokenList(ApiView):
    """One's own tokens. They are issued in the web pages."""

    scopes: ClassVar = {"GET": ANY_SCOPE}

    @described("List your tokens", shapes.TokenShape, is_list=True, query=("after", "limit"))
    def get(self, request: Request) -> Response:
        """List your own tokens, newest first, without their secrets."""
        query = read_query(request, "after", "limit")
        page = page_of(api.list_own_tokens(actor=actor_of(request)), query, order=("-id",))
        return Response({"items": [_token(row) for row in page.rows], "next": page.next_cursor})


class TokenDetail(ApiView):
    """One of one's own tokens."""

    scopes: ClassVar = {"GET": ANY_SCOPE, "DELETE": ANY_SCOPE}

    @described("Read one of your tokens", shapes.TokenShape)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Read the token, without its secret."""
        read_query(request)
        return tagged(request, _token(api.get_own_token(actor=actor_of(request), uuid=uuid)))

    @described("Revoke one of your tokens", None, status=204)
    def delete(self, request: Request, uuid: UUID) -> Response:
        """Revoke the token; the next request that bears it is refused. Repeating it changes nothing."""
        read_query(request)
        call = who(request)
        token = api.get_own_token(actor=call["actor"], uuid=uuid)
        if token.revoked_at is None:
            api.revoke_token(**call, token_uuid=token.uuid)
        return Response(status=204)


class PermitKey(ApiView):
    """The key that signs permits."""

    scopes: ClassVar = {"GET": ANY_SCOPE}

    @described("Read the public key of permits", shapes.PermitKeyShape)
    def get(self, request: Request) -> Response:
        """Return the public key, with which anybody checks a permit without us."""
        read_query(request)
        answer: shapes.PermitKeyShape = {"algorithm": "Ed25519", "public_key_pem": api.public_key_pem()}
        return tagged(request, answer)


def _token(row: api.ApiToken) -> shapes.TokenShape:
    return {
        "uuid": str(row.uuid),
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "revoked_at": when(row.revoked_at),
        "last_used_at": when(row.last_used_at),
    }
