"""A fresh interpreter that decides one pair from stored facts and prints the decision's digest."""

import sys

import django

django.setup()

from registry.decisions.models import PolicyDecision  # noqa: E402
from registry.decisions.packs import released_packs  # noqa: E402
from registry.decisions.reading import facts_of  # noqa: E402
from registry.domain.vocab import Stage  # noqa: E402
from registry.policy.engine import decide  # noqa: E402

row = PolicyDecision.objects.order_by("-id")[0]
decision = decide(packs=released_packs(), facts=facts_of(row), stage=Stage(row.stage), as_of=row.as_of_date)
sys.stdout.write(decision.digest())
