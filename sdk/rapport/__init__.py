"""Python SDK and command of Rapport, on-chain customer relationship management.

::

    from rapport import Client

    with Client("http://127.0.0.1:8545", keystore="operator.json", password="...") as client:
        client.customer.register("C-17")
        client.loyalty.award("C-17", 500, idempotency_key="order:123").wait()
        print(client.loyalty.balance("C-17").points)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rapport.client import AsyncClient, Client
    from rapport.config import Config
    from rapport.consents import NewRecord
    from rapport.errors import RapportError, Reverted
    from rapport.keys import KeySigner, Signer, dev_signer, load_keystore
    from rapport.notices import NoticeDocument
    from rapport.outbox import AsyncSubmission, Outcome, Policy, Submission
    from rapport.records import NewAward, Order, PurchaseRule

__version__ = "0.1.0"

_HOME = {
    "AsyncClient": "client",
    "AsyncSubmission": "outbox",
    "Client": "client",
    "Config": "config",
    "KeySigner": "keys",
    "NewAward": "records",
    "NewRecord": "consents",
    "NoticeDocument": "notices",
    "Order": "records",
    "Outcome": "outbox",
    "Policy": "outbox",
    "PurchaseRule": "records",
    "RapportError": "errors",
    "Reverted": "errors",
    "Signer": "keys",
    "Submission": "outbox",
    "dev_signer": "keys",
    "load_keystore": "keys",
}

__all__ = [
    "AsyncClient",
    "AsyncSubmission",
    "Client",
    "Config",
    "KeySigner",
    "NewAward",
    "NewRecord",
    "NoticeDocument",
    "Order",
    "Outcome",
    "Policy",
    "PurchaseRule",
    "RapportError",
    "Reverted",
    "Signer",
    "Submission",
    "dev_signer",
    "load_keystore",
]


def __getattr__(name: str) -> Any:
    # Loaded when asked for, so that the command answers --help without loading a chain's tools.
    if name in _HOME:
        return getattr(importlib.import_module(f"rapport.{_HOME[name]}"), name)
    raise AttributeError(f"module 'rapport' has no attribute {name!r}")
