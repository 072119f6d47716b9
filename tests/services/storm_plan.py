"""What each run of the storm does."""

CHECKS = ("discrimination.auc", "calibration.brier", "stability.psi", "drift.data")
FAILING = "drift.data"
CHECK_S = 0.4
