"""What stands behind a provider's promises, and what waits for customers without a wallet."""

from __future__ import annotations

from decimal import Decimal

from rapport import units
from rapport.chain import Read, requests
from rapport.permits import SignedPermit
from rapport.services.drafts import Draft
from rapport.services.sla_kinds import CONTRACT
from rapport.services.sla_policy_kinds import Claim, DepositBond, WithdrawBond
from rapport.services.sla_reading import Promised
from rapport.services.tokens import positive
from rapport.services.verbs import M, Steps, read, task, write
from rapport.sla import Bond, State


class Bonding(Promised[M]):
    """The verbs of bonds and of waiting credits. What is owed to a provider is its free bond."""

    @write
    def bond_deposit(
        self,
        token: str,
        amount: Decimal | int | str,
        *,
        permit: SignedPermit | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Add to the sender's bond, in whole units. The amount was approved before (:meth:`approve`),
        or ``permit`` allows it in the same transaction.

        Raises:
            InputError: No such token, or the permit is not for this.
        """
        found = yield from self._token(token)
        base = positive(found, amount, "a bond")
        payload = {
            "token": found.address,
            "base": str(base),
            "amount": f"{found.from_base(base):f}",
            "permit": None
            if permit is None
            else self._permit_call(permit, self._account(None), found.address, base),
        }
        return self._draft(DepositBond, idempotency_key, payload)

    @write
    def bond_withdraw(
        self, token: str, to: str | None = None, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Have all of the sender's free bond in a token sent to ``to``, or to the sender itself: and
        so whatever else it is owed, such as a payout that the token refused.
        """
        draft: Draft = yield from self._withdrawal(WithdrawBond, token, to, idempotency_key)
        return draft

    @task
    def bond(self, token: str, provider: str | None = None) -> Bond:
        """
        What of a provider's bond in a token is free, and what is reserved for agreements that are
        not settled; the sender's without one.

        Raises:
            RpcError: The node serves no logs since the contract was deployed.
        """
        account = self._account(provider)
        found = self.runner.ask(self._token(token))
        numbers = self._provider_policies(account)
        policies = self.runner.ask(self._policies(numbers))
        bonded = [
            each.id
            for each in policies.values()
            if each.terms.bonded and each.token.address == found.address
        ]
        ids = self._live(self._opened(policies=bonded)) if bonded else []
        live = [
            each for each in self.runner.ask(self._many(ids)) if each.state is not State.SETTLED
        ]
        reserved = sum(
            policies[each.record["policyId"]].stake(each.record["amount"]) for each in live
        )
        free = self.runner.ask(self._owed(found.address, account))
        return Bond(account, found, found.from_base(free), found.from_base(reserved), len(live))

    @write
    def claim(
        self,
        customer: str | bytes,
        token: str,
        *,
        provider: str | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Pay what waits for a customer to the wallet that it has now; what waits for one who was
        erased goes to the provider. Anyone may.

        Args:
            provider: Whose credits; the sender's unless named.

        Raises:
            NotFound: Nobody has the customer's number.
            InputError: No such token.
        """
        customer_id, _ = self._identify(customer)
        found = yield from self._token(token)
        (head,) = yield [requests.block()]
        payload = {
            "provider": self._account(provider),
            "customer": units.hex32(customer_id),
            "token": found.address,
            "decimals": found.decimals,
            "since": head.number,
        }
        return self._draft(Claim, idempotency_key, payload)

    @read
    def waiting(
        self, customer: str | bytes, token: str, *, provider: str | None = None
    ) -> Steps[Decimal]:
        """
        What waits for a customer until it has a wallet, in whole units of the token; of the
        sender's credits unless a provider is named.

        Raises:
            NotFound: Nobody has the customer's number.
        """
        customer_id, _ = self._identify(customer)
        found = yield from self._token(token)
        about = (self._account(provider), customer_id, found.address)
        (base,) = yield [Read(CONTRACT, "waiting", about)]
        return found.from_base(base)
