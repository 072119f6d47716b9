"""What the tests of the box ask of the machine."""

import pytest

from tests.unit.sandbox.artefacts import write_booster
from validation.sandbox.box import open_box
from validation.sandbox.layers import missing_for_code


@pytest.fixture(scope="session")
def layers(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The layers that this machine offers; without network and file layers no pickle is run at all."""
    with open_box(model_dir=write_booster(tmp_path_factory.mktemp("honest") / "m")) as box:
        found = box.report.layers
    if missing := missing_for_code(found):
        pytest.skip(f"this kernel offers no {' and no '.join(missing)} layer: pickles are refused here")
    return found
