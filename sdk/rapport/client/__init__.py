"""The client of a marketing backend: ``client.<noun>.<verb>``, blocking or awaited.

::

    client = Client("http://127.0.0.1:8545", keystore="operator.json", password="...")
    client.customer.register("C-17")
    submission = client.loyalty.award("C-17", 500, idempotency_key="order:123")
    submission.wait()
    client.loyalty.balance("C-17").points
"""

from rapport.client.awaited import AsyncClient
from rapport.client.blocking import Client
from rapport.client.settings import options_of, seal_of

__all__ = ["AsyncClient", "Client", "options_of", "seal_of"]
