"""``python -m tests.services.seed COUNT`` fills an empty, migrated database and prints the open requests."""

import json
import sys

import django

django.setup()

from tests.builders import bank  # noqa: E402

bank.set_up_bank()
sys.stdout.write(json.dumps([str(uuid) for uuid in bank.open_requests(int(sys.argv[1]))]))
