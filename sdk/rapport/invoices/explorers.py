"""Where people look a transaction up."""

from __future__ import annotations

from collections.abc import Mapping

EXPLORERS: Mapping[int, str] = {
    1: "https://etherscan.io",
    10: "https://optimistic.etherscan.io",
    100: "https://gnosisscan.io",
    137: "https://polygonscan.com",
    8453: "https://basescan.org",
    42161: "https://arbiscan.io",
    11155111: "https://sepolia.etherscan.io",
    84532: "https://sepolia.basescan.org",
}
"""By chain id. For other chains the setting ``explorer`` names one."""


def link(chain_id: int, transaction: str, explorer: str | None = None) -> str | None:
    """The page of a transaction; ``None`` where no explorer is known."""
    base = explorer or EXPLORERS.get(chain_id)
    return None if base is None else f"{base.rstrip('/')}/tx/{transaction}"
