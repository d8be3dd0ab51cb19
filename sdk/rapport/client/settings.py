"""What the settings of the command mean to a client."""

from __future__ import annotations

from rapport import sealing, units
from rapport.config import Config
from rapport.directory import Seal
from rapport.outbox import Policy


def policy_of(settings: Config) -> Policy:
    """Finality and the highest fee, as configured."""
    cap = settings.max_fee_gwei
    return Policy(
        confirmations=settings.confirmations,
        max_fee=None if cap is None else units.to_base(cap, 9),
    )


def seal_of(settings: Config) -> Seal | None:
    """
    What seals the directory, as configured.

    Raises:
        ConfigError: It cannot be used.
    """
    return sealing.load(settings.seal_key, settings.seal_key_file, settings.seal)
