"""Which approaches a class admits."""

import pytest

from registry.capital.scope import Admission, admitted_approaches, approach_admission, find_no_model_zone
from registry.domain.vocab import Verification

# class: standardised, slotting, foundation, advanced (y yes, n no, c conditional), as the fact sheet's table B1.
BASEL = {
    "sovereign": "ynyy",
    "bank": "ynyn",
    "financial_institution": "ynyn",
    "corporate_large": "ynyn",
    "corporate": "ynyy",
    "corporate_sme": "ynyy",
    "specialised_lending": "yyyy",
    "specialised_lending_hvcre": "yycc",
    "retail_mortgage": "ynny",
    "retail_qrre_transactor": "ynny",
    "retail_qrre_revolver": "ynny",
    "retail_other": "ynny",
    "equity": "ynnn",
}
LETTERS = {"y": Admission.YES, "n": Admission.NO, "c": Admission.CONDITIONAL}


@pytest.mark.parametrize("exposure_class", BASEL)
def test_every_class_of_the_standard(exposure_class: str) -> None:
    answers = admitted_approaches(jurisdiction="BCBS", exposure_class=exposure_class)
    assert [a.approach for a in answers] == ["SA", "slotting", "F-IRB", "A-IRB"]
    assert [a.admission for a in answers] == [LETTERS[letter] for letter in BASEL[exposure_class]]
    assert all(a.may_gate for a in answers)


def test_a_ban_names_the_clause_and_the_foundation_approach() -> None:
    answer = approach_admission(jurisdiction="BCBS", exposure_class="corporate_large", approach="A-IRB")
    assert answer.admission is Admission.NO
    assert answer.citation is not None
    assert answer.citation.source == "CRE30.34-35"
    assert answer.alternatives == ("SA", "F-IRB")


def test_equity_leaves_the_standardised_approach_only() -> None:
    answer = approach_admission(jurisdiction="BCBS", exposure_class="equity", approach="A-IRB")
    assert answer.alternatives == ("SA",)


@pytest.mark.parametrize(
    ("jurisdiction", "exposure_class", "approach", "admission", "verification"),
    [
        ("UK", "sovereign", "A-IRB", Admission.NO, Verification.SECONDARY),
        ("UK", "specialised_lending_ipre", "F-IRB", Admission.NO, Verification.SECONDARY),
        ("UK", "corporate", "A-IRB", Admission.CONDITIONAL, Verification.SECONDARY),
        ("EU", "corporate_large", "A-IRB", Admission.NO, Verification.UNVERIFIED),
        ("EU", "specialised_lending", "slotting", Admission.YES, Verification.VERIFIED),
    ],
)
def test_other_regimes_carry_their_mark(
    jurisdiction: str,
    exposure_class: str,
    approach: str,
    admission: Admission,
    verification: Verification,
) -> None:
    answer = approach_admission(jurisdiction=jurisdiction, exposure_class=exposure_class, approach=approach)
    assert answer.admission is admission
    assert answer.citation is not None
    assert answer.citation.verification is verification
    assert answer.may_gate is (verification is not Verification.UNVERIFIED)


def test_silence_is_unknown_and_never_gates() -> None:
    answer = approach_admission(jurisdiction="Atlantis", exposure_class="bank", approach="SA")
    assert (answer.admission, answer.citation, answer.may_gate) == (Admission.UNKNOWN, None, False)


def test_no_model_zones() -> None:
    zone = find_no_model_zone(jurisdiction="BCBS", area="operational")
    assert zone is not None
    assert (zone.approach, zone.citation.source) == ("SMA", "OPE25")
    assert find_no_model_zone(jurisdiction="BCBS", area="credit") is None
