"""What a customer may ask of the brand: to see what is held, to have it corrected, or destroyed."""

from __future__ import annotations

from rapport import privacy, units
from rapport.errors import InputError
from rapport.privacy import Evidence, Export, Proof
from rapport.records import CustomerStatus
from rapport.services.verbs import M, Service, task


class PrivacyVerbs(Service[M]):
    """Verbs of ``client.customer`` that work on the brand's own file, beside the chain."""

    @task
    def rectify(self, number: str, correct: str) -> str:
        """
        Correct a customer's number, and return the customer's id. The chain is not asked: it holds
        a keyed digest of the old number only, which can no longer be recomputed from the new one.

        Raises:
            InputError: The new number stands for somebody else, or is malformed.
            NotFound: Nobody has the old one.
        """
        return self._context.directory.rectify(number, correct).hex

    @task
    def export(self, customer: str | bytes) -> Export:
        """
        Everything held on a customer, on chain and off, for a request of access. A value that is
        written as JSON by ``rapport customer export``.

        Raises:
            NotFound: Nobody is known under this number or id.
            RpcError: The node serves no logs since the contracts were deployed.
        """
        known = self._context
        return privacy.export(
            known.chain, known.book, known.directory, known.outbox, known.sections, customer
        )

    @task
    def evidence(self, customer: str | bytes) -> Evidence:
        """What is held on a customer now, to be handed to :meth:`prove` after the erasure."""
        customer_id, _ = self._identify(customer)
        known = self._context
        return Evidence.gather(known.directory, known.outbox, customer_id, known.shelves)

    @task
    def prove(self, before: Evidence) -> Proof:
        """
        Look for everything that was held before an erasure, in files read anew, and for what the
        chain keeps.

        Raises:
            RpcError: The node serves no logs since the contracts were deployed.
        """
        known = self._context
        return privacy.prove(
            known.chain, known.book, known.directory, known.outbox, before, known.shelves
        )

    @task
    def forget(self, customer: str | bytes) -> bool:
        """
        Destroy number, key and journal entries of a customer whom the chain has erased already, as
        a wallet can do by itself. False while something is under way; then call again.

        Raises:
            InputError: The chain has not erased the customer.
        """
        customer_id, _ = self._identify(customer)
        standing = self._context.chain.call("CustomerRegistry", "statusOf", customer_id)
        status = tuple(CustomerStatus)[standing]
        if status is not CustomerStatus.ERASED:
            raise InputError(
                f"customer {units.hex32(customer_id)} is {status.value} on chain; "
                "erase it there first: rapport customer erase"
            )
        known = self._context
        return privacy.destroy(known.directory, known.outbox, customer_id, known.shelves)
