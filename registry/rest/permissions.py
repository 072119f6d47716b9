"""What a token may be used for: each view says which scope each of its methods takes."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from registry import api
from registry.domain.errors import NotPermitted

if TYPE_CHECKING:  # views read their settings, which name this module, as they are imported
    from rest_framework.views import APIView

ANY_SCOPE = "any"
"""For what every token may do, such as asking who it is."""


class HasScope(BasePermission):
    """Admits an actor whose token carries the scope that the view's ``scopes`` names for the method.

    A method without a declared scope is refused; a method that the view does
    not serve passes, so that it is answered as such.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Say whether the call may go on. Raises ``PEO002`` for a token that lacks the scope."""
        actor = request.user
        if not isinstance(actor, api.Actor):
            return False
        method = "GET" if request.method == "HEAD" else str(request.method)
        if not hasattr(view, method.lower()):
            return True
        scope = getattr(view, "scopes", {}).get(method)
        if scope is None:
            raise NotPermitted(
                "API013", "no token may do that", remedy="Do it in the web pages, where you sign in yourself."
            )
        if scope != ANY_SCOPE:
            actor.require_scope(str(scope))
        return True
