"""``manage.py set_up_demo``: tables, packs, people, portfolios and use cases of the demonstration."""

import json
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from mrm.demo import cast
from registry import api
from registry.domain.clock import SystemClock
from registry.domain.vocab import Provenance

TOKEN_LIFE = timedelta(days=7)
PASSWORD_BYTES = 12


class Command(BaseCommand):
    """Fills a new database and writes the accounts to ``people.json`` beside it."""

    help = "Make the tables of a new demonstration, its people, portfolios and use cases."
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Set everything up."""
        call_command("migrate", verbosity=0)
        at = SystemClock().now()
        set_up = _SetUp(at=at)
        api.release_packs(actor=set_up.system, at=at, correlation_id=set_up.correlation_id)
        set_up.entity()
        people = {player.username: set_up.person(player) for player in (*cast.CAST, cast.STRANGER)}
        set_up.holdings()
        set_up.purposes()
        path = Path(settings.MRM_VAR_DIR) / "people.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(people, indent=2), encoding="utf-8")


class _SetUp:
    """Acts as the system, and as Owen for what an owner declares."""

    def __init__(self, *, at: datetime) -> None:
        self.at = at
        self.correlation_id = f"set-up-{uuid4()}"
        self.system = api.system_actor(name="demonstration set-up")

    def entity(self) -> None:
        api.create_entity(
            actor=self.system,
            at=self.at,
            correlation_id=self.correlation_id,
            key=cast.ENTITY,
            name=cast.ENTITY_NAME,
            jurisdiction=cast.JURISDICTION,
        )

    def person(self, player: cast.Player) -> dict[str, str]:
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        person = api.create_person(
            actor=self.system,
            at=self.at,
            correlation_id=self.correlation_id,
            username=player.username,
            full_name=player.full_name,
            password=password,
        )
        if player is not cast.STRANGER:
            api.grant_role(
                actor=self.system,
                at=self.at,
                correlation_id=self.correlation_id,
                username=player.username,
                role=player.role,
                entity_key="" if player.is_group_wide else cast.ENTITY,
            )
        return {
            "uuid": str(person.uuid),
            "name": player.full_name,
            "does": player.does,
            "password": password,
            "token": self._token(player),
        }

    def _token(self, player: cast.Player) -> str:
        if not player.scopes:
            return ""
        _row, secret = api.issue_token(
            actor=self.system,
            at=self.at,
            correlation_id=self.correlation_id,
            username=player.username,
            name="demonstration",
            scopes=list(player.scopes),
            expires_at=self.at + TOKEN_LIFE,
        )
        return secret

    def _owen(self) -> api.Actor:
        person = api.Person.objects.get(username="owen")
        return api.actor_for_person(person=person, channel="command", on=self.at.date())

    def holdings(self) -> None:
        owen = self._owen()
        for holding in cast.HOLDINGS:
            details = api.PortfolioDetails(
                **asdict(holding),
                entity=cast.ENTITY,
                as_of_date=self.at.date(),
                provenance=Provenance.ASSUMED,
                source=cast.ASSUMED.format(
                    what="loss given default, conversion factor, segment or entity portfolio"
                ),
            )
            api.declare_portfolio(actor=owen, at=self.at, correlation_id=self.correlation_id, details=details)

    def purposes(self) -> None:
        owen = self._owen()
        for purpose in cast.PURPOSES:
            details = api.UseCaseDetails(
                **asdict(purpose), entity=cast.ENTITY, jurisdiction=cast.JURISDICTION, owner="owen"
            )
            api.create_use_case(actor=owen, at=self.at, correlation_id=self.correlation_id, details=details)
