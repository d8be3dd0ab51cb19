"""What the settings of the command mean to a client."""

from __future__ import annotations

from typing import Any

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


def options_of(settings: Config) -> dict[str, Any]:
    """
    What a client takes of the settings, whatever its node and its key.

    Raises:
        ConfigError: A setting cannot be used.
    """
    return {
        "addresses": settings.addresses,
        "chain_id": settings.chain_id,
        "journal": settings.journal,
        "policy": policy_of(settings),
        "seal": seal_of(settings),
        "purposes": settings.purposes,
        "receipt_format": settings.receipt_format,
        "seller": settings.merchant,
        "explorer": settings.explorer,
    }
