"""The seed of a validation plan that states none. Every check draws its own from it, by its name."""

PLAN_SEED = 20250101
