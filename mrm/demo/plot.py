"""The main job in its order."""

from collections.abc import Callable

from mrm.demo import (
    approve_steps,
    attack_steps,
    monitor_steps,
    read_steps,
    register_steps,
    validate_steps,
    verify_steps,
)
from mrm.demo.story import Story

STEPS: tuple[Callable[[Story], None], ...] = (
    register_steps.train,
    register_steps.register,
    attack_steps.log_hostile_model,
    approve_steps.show_safeguards,
    read_steps.keep_checkpoint,
    validate_steps.wait_for_runs,
    attack_steps.look_at_the_damage,
    validate_steps.challenge_and_sign,
    approve_steps.earn_no_place,
    approve_steps.change_one_fact,
    approve_steps.submit,
    approve_steps.refuse_dana,
    approve_steps.approve,
    approve_steps.ask_the_gate,
    monitor_steps.monitor_shifted_batch,
    read_steps.read_portal,
    verify_steps.verify_database,
    verify_steps.verify_export,
)
