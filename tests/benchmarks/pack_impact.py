"""What a pack changes on 10,000 stored pairs: facts read from the database, report written, against traced pairs."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from registry import api
from registry.decisions.models import PolicyDecision
from registry.decisions.proposal_selectors import packs_with
from registry.decisions.proposals import PackJob
from registry.domain.vocab import Complexity, LifecycleState, ModelFamily, Origin, Role, RunStatus, Stage
from registry.inventory.models import IntendedUse, LegalEntity, ModelVersion, RegisteredModel, UseCase
from registry.people.models import Person
from registry.policy.engine import decide
from registry.policy.facts import Fact, Facts, facts_digest, facts_from_json, facts_to_json
from registry.policy.impact import Effect, traced_effects
from registry.policy.pack import PACKS_FOLDER, load_packs
from registry.policy.pack_reader import read_pack
from tests.benchmarks.harness import Entry, Result, in_process, measure

PAIRS = 10_000
TRACED = 500
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SYSTEM = api.system_actor(name="benchmark")
SCATTERED = ("evidence.auc", "evidence.gini_lower", "evidence.psi", "evidence.advantage_gini_lower")
Said = dict[str, tuple[str, str, str, tuple[str, ...]]]


def results() -> list[Result]:
    """Measure a report from its request to its rows, and the same effects from one traced pair after the other."""
    proposal = build()
    author = api.actor_for_person(person=Person.objects.get(username="vito"), channel="web", on=AT.date())

    def report() -> Said:
        job = api.request_impact(actor=author, at=AT, correlation_id="bench", proposal_uuid=proposal.uuid)
        api.step_pack_job(job_uuid=job.uuid, at=AT)
        assert PackJob.objects.get(pk=job.pk).status == RunStatus.SUCCEEDED
        return written(proposal)

    def traced() -> Said:
        before, after = packs_with(proposal=proposal)
        found: list[Effect] = []
        for row in PolicyDecision.objects.order_by("intended_use_id")[:TRACED].iterator(chunk_size=500):
            facts, stage = facts_from_json(data=row.facts), Stage(row.stage)
            old, new = (
                decide(packs=packs, facts=facts, stage=stage, as_of=AT.date()) for packs in (before, after)
            )
            found += traced_effects(keys=[str(row.intended_use_id)], before=old, after=new)
        return {item.key: (item.change, item.before, item.after, item.rules) for item in found}

    entry = Entry(
        name="impact of a pack on a bank",
        work=f"report what a house pack with other limits changes on {PAIRS:,} pairs",
        ours=in_process("a report: facts read, judged, traced by kind, rows and event written", report),
        peer=replace(
            in_process(f"{TRACED:,} of the pairs, two traced decisions for each", traced),
            peak_mib=None,
        ),
        is_equal=is_same,
        runs=3,
        warm_up=0,
        sizes={"pairs": PAIRS, "traced pairs": TRACED, "effects": len(report())},
        note="the peer is our own, on a twentieth of the pairs; its ratio speaks of that twentieth",
    )
    return [measure(entry)]


def is_same(ours: Said, peer: Said) -> bool:
    """Say whether the pairs that the peer looked at came out alike, rules included."""
    last = sorted(int(key) for key in PolicyDecision.objects.values_list("intended_use_id", flat=True))[
        TRACED - 1
    ]
    looked_at = {key: said for key, said in ours.items() if int(key) <= last}
    return looked_at == peer and len({said[0] for said in peer.values()}) > 1


def written(proposal: api.PackProposal) -> Said:
    """Return the rows of the newest report."""
    report = api.find_impact_report(proposal=proposal)
    assert report is not None
    rows = report.effects.values_list("intended_use_id", "change", "before", "after", "rules")
    return {str(use): (change, before, after, tuple(rules)) for use, change, before, after, rules in rows}


def build() -> api.PackProposal:
    """Fill an empty database with 10,000 decided pairs and propose a house pack with other limits."""
    call: dict[str, Any] = {"actor": SYSTEM, "at": AT, "correlation_id": "bench"}
    api.release_packs(**call)
    vito = Person.objects.create(username="vito", full_name="Vito", password="!")
    api.grant_role(**call, username="vito", role=Role.VALIDATOR)
    entity = LegalEntity.objects.create(key="bank", name="Bank", jurisdiction="EU")
    models = RegisteredModel.objects.bulk_create(
        [_model(number, entity, vito) for number in range(PAIRS)], batch_size=500
    )
    versions = ModelVersion.objects.bulk_create([_version(model) for model in models], batch_size=500)
    case = UseCase.objects.create(**_use_case(entity, vito))
    uses = IntendedUse.objects.bulk_create(
        [
            IntendedUse(
                version=version,
                use_case=case,
                declared_by=vito,
                declared_at=AT,
                permission_decision_uuid=uuid4(),
            )
            for version in versions
        ],
        batch_size=500,
    )
    PolicyDecision.objects.bulk_create(
        (_decision(use, facts) for use, facts in zip(uses, scattered(), strict=True)), batch_size=500
    )
    author = api.actor_for_person(person=vito, channel="web", on=AT.date())
    return api.draft_pack(
        actor=author, at=AT, correlation_id="bench", text=other_limits(), rationale="Other limits."
    )


def other_limits() -> str:
    """Return the house pack with a higher floor of discrimination and a shorter life of evidence."""
    text = (PACKS_FOLDER / "house" / "2026-11.yaml").read_text(encoding="utf-8")
    text = text.replace("version: 2026-11\n", "version: 2026-12\nsupersedes: [house/2026-11]\n", 1)
    changed = text.replace('value: "0.60"', 'value: "0.62"').replace(
        'op: gt, value: "365"', 'op: gt, value: "300"'
    )
    read_pack(text=changed, file="house/2026-12.yaml")
    return changed


def scattered() -> Iterator[Facts]:
    """Yield facts of pairs at the last gate: good ones, with figures moved and some forgotten, at a fixed seed."""
    chance = random.Random(11)
    good = [item.facts for pack in load_packs() for item in pack.examples if item.stage is Stage.GATE_USE]
    for place in range(PAIRS):
        row = {
            name: replace(fact, source=f"evidence {place:08d}-0000-4000-8000-000000000000")
            for name, fact in good[place % len(good)].items()
        }
        row[chance.choice(SCATTERED)] = Fact(value=Decimal(chance.randrange(10_000)).scaleb(-4))
        row["validation.age_days"] = Fact(value=chance.randrange(500))
        if chance.random() < 0.2:
            del row[chance.choice(sorted(row))]
        yield row


def _decision(use: IntendedUse, facts: Facts) -> PolicyDecision:
    return PolicyDecision(
        uuid=use.permission_decision_uuid,
        intended_use=use,
        stage=Stage.GATE_USE,
        outcome="refer",
        tier=None,
        sentence="As it was.",
        as_of_date=AT.date() - timedelta(days=1),
        facts=facts_to_json(facts=facts),
        facts_digest=facts_digest(facts=facts),
        body="{}",
        body_digest="0" * 64,
        engine_version="1",
        decided_at=AT - timedelta(days=1),
    )


def _model(number: int, entity: LegalEntity, person: Person) -> RegisteredModel:
    return RegisteredModel(
        key=f"pd-{number:05d}",
        name="Probability of default",
        description="Twelve months.",
        purpose="Ranking.",
        limitations="None known.",
        data_sources="Accounts.",
        origin=Origin.INTERNAL,
        entity=entity,
        jurisdictions=["EU"],
        owner=person,
        developer=person,
        validator=person,
        lifecycle_state=LifecycleState.IN_USE,
        registered_at=AT,
    )


def _version(model: RegisteredModel) -> ModelVersion:
    return ModelVersion(
        registered_model=model,
        number=1,
        mlflow_name=model.key,
        mlflow_version="1",
        mlflow_run_id="0" * 32,
        flavour="xgboost",
        family=ModelFamily.TREE_ENSEMBLE,
        family_source="flavour xgboost",
        complexity=Complexity.HIGH,
        artifact_digest="a" * 64,
        artifact_bytes=1,
        developer=model.developer,
        registered_at=AT,
    )


def _use_case(entity: LegalEntity, person: Person) -> dict[str, Any]:
    return {
        "key": "collections",
        "name": "Collections",
        "description": "A purpose.",
        "entity": entity,
        "jurisdiction": "EU",
        "archetype": "collections",
        "is_customer_facing": False,
        "decides_on_individuals": False,
        "exposure_eur": Decimal(1_000_000),
        "materiality": "low",
        "risk_category": "none",
        "exposure_class": "none",
        "approach": "none",
        "parameter": "none",
        "owner": person,
        "created_at": AT,
    }
