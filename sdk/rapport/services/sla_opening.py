"""How agreements begin, and what clients sign."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal

from rapport import units
from rapport.codec import abi_encode, keccak
from rapport.errors import InputError
from rapport.permits import SignedPermit
from rapport.services.deciding import check_signature, signed
from rapport.services.drafts import Draft
from rapport.services.sla_kinds import Instruct, Open
from rapport.services.sla_reading import Promised, accepted_share, named
from rapport.services.verbs import M, Steps, new_key, read, write
from rapport.sla import Action, Exhibit, Instruction, Opening, Policy, Priority, digest_of

_UNSIGNED = units.from_timestamp(0)  # the deadline of what the sender does by itself


class Beginning(Promised[M]):
    """The verbs by which agreements begin, and those of signatures."""

    @write
    def open(
        self,
        policy: int,
        amount: Decimal | int | str,
        *,
        priority: Priority | str | int = Priority.NORMAL,
        client: str | None = None,
        customer: str | bytes | None = None,
        permit: SignedPermit | None = None,
        reference: str | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Open an agreement; its clocks run from now on. The outcome tells its id, ``agreement``.

        Where the fee is held, the sender is the client, and has approved ``amount`` before or gives
        its ``permit``; other clients sign a :meth:`request`. Under a bonded policy the sender is
        the provider, and ``amount`` what the service is worth: credits are shares of it.

        Args:
            client: For whom, by the wallet. Under a bonded policy it may be left out.
            customer: For whom, by the number or id: without a wallet, credits wait for one.
            reference: With a customer, the same reference gives the same agreement; the idempotency
                key unless named.

        Raises:
            NotFound: No such policy, or nobody has the customer's number.
            InputError: The policy is closed, or the sender is not who opens under it.
        """
        found = yield from self._policy(policy)
        sender = self._account(None)
        if found.terms.bonded:
            if sender != found.provider:
                raise InputError(
                    f"policy {found.id} is bonded: its provider {found.provider} opens agreements, "
                    f"and the sender is {sender}"
                )
        else:
            client = sender if client is None else units.address(client)
            if client != sender:
                raise InputError(
                    f"policy {found.id} holds the client's fee: {client} opens it by itself, or "
                    "signs a request that anybody relays"
                )
        opening = self._opening(
            found, amount, _UNSIGNED, priority, client, customer, reference or idempotency_key
        )
        return self._begin(found, opening, sender, "", permit, idempotency_key)

    @read
    def request(
        self,
        policy: int,
        amount: Decimal | int | str,
        client: str,
        deadline: datetime,
        *,
        priority: Priority | str | int = Priority.NORMAL,
        customer: str | bytes | None = None,
        reference: str | None = None,
    ) -> Steps[Opening]:
        """
        What a client signs to open an agreement whose fee is held, so that anybody may relay it
        until ``deadline``.

        Raises:
            NotFound: No such policy, or nobody has the customer's number.
            InputError: The policy is closed or bonded, or the amount below its least.
        """
        found = yield from self._policy(policy)
        if found.terms.bonded:
            raise InputError(f"policy {found.id} is bonded: its provider opens, no client signs")
        units.to_timestamp(deadline)
        return self._opening(found, amount, deadline, priority, client, customer, reference)

    @write
    def open_by_sig(
        self,
        opening: Opening,
        signature: bytes,
        *,
        permit: SignedPermit | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Open the agreement that a client has signed. With its ``permit`` nothing has to be approved
        before.

        Raises:
            NotFound: There is no such policy.
            WrongSigner, MalleableSignature: The client's key has not signed this.
            InputError: The permit is not for this.
        """
        found = yield from self._policy(opening.policy_id)
        yield from check_signature(opening.client, opening, self.domain(), signature)
        return self._begin(
            found, opening, opening.client, signed(signature), permit, idempotency_key
        )

    @read
    def instruction(
        self,
        agreement: str | bytes,
        action: Action | str,
        deadline: datetime,
        *,
        provider: Decimal | int | str | None = None,
        evidence: Exhibit | None = None,
    ) -> Steps[Instruction]:
        """
        What the client signs to have a clock resumed, a delivery accepted, a dispute begun or a
        split accepted, so that anybody may relay it.

        Args:
            provider: Percent for the provider, of a split; what is proposed unless named.
            evidence: Of a dispute: a file, or its digest.

        Raises:
            NotFound: There is no such agreement.
            InputError: No such action, it takes no such thing, or no split is proposed.
        """
        chosen = Action.of(action)
        facts = yield from self._facts(agreement)
        if evidence is not None and chosen is not Action.DISPUTE:
            raise InputError(f"{chosen.value!r} takes no evidence")
        if chosen is Action.ACCEPT_SPLIT:
            share = accepted_share(facts.proposal, provider)
        elif provider is not None:
            raise InputError(f"{chosen.value!r} takes no share of the provider")
        else:
            share = 0
        units.to_timestamp(deadline)
        return Instruction(
            action=chosen.value,
            agreement_id=facts.id,
            provider_bps=share,
            evidence=digest_of(evidence),
            deadline=deadline,
        )

    @write
    def instruct(
        self, intent: Instruction, signature: bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Carry out what a client has signed.

        Raises:
            NotFound: There is no such agreement.
            InputError: The agreement has no client yet, who could have signed.
            WrongSigner, MalleableSignature: The client's key has not signed this.
        """
        _ = intent.decided
        facts, policy = yield from self._known(intent.agreement_id)
        if facts.client is None:
            raise InputError(
                f"agreement {units.hex32(facts.id)} has no client yet: link the customer's wallet"
            )
        yield from check_signature(facts.client, intent, self.domain(), signature)
        digest = intent.digest(self.domain()).hex()
        payload = {
            **(yield from self._payload(facts, policy.token)),
            "account": facts.client,
            "instruction": intent.message(),
            "signature": signed(signature),
        }
        return Draft(Instruct, idempotency_key or f"{Instruct.name}:{digest}", payload)

    # What the above share

    def _opening(
        self,
        policy: Policy,
        amount: Decimal | int | str,
        deadline: datetime,
        priority: Priority | str | int,
        client: str | None,
        customer: str | bytes | None,
        reference: str | None,
    ) -> Opening:
        if policy.closed:
            raise InputError(f"policy {policy.id} is closed; choose another one")
        if client is None and customer is None:
            raise InputError("an agreement is for somebody: name a client, or a customer")
        token, base = policy.token, policy.token.to_base(amount)
        least = policy.terms.min_amount or Decimal(0)
        if token.from_base(base) < least:
            raise InputError(
                f"an agreement under policy {policy.id} is over {token.money(least)} or more; "
                f"met {amount}"
            )
        customer_id, person = self._concerned(customer)
        if person is not None and person.key is not None:
            ref = person.ref(f"sla:{reference or new_key(Open)}")
        else:
            ref = secrets.token_bytes(32)
        who = units.ZERO_ADDRESS if client is None else units.address(client)
        if who == policy.provider:
            raise InputError(f"{who} is the provider of policy {policy.id}, and so not its client")
        return Opening(
            policy_id=policy.id,
            priority=Priority.of(priority).number,
            amount=base,
            client=who,
            customer_id=customer_id,
            ref=ref,
            deadline=deadline,
        )

    def _begin(
        self,
        policy: Policy,
        opening: Opening,
        opener: str,
        signature: str,
        permit: SignedPermit | None,
        key: str | None,
    ) -> Draft:
        number = keccak(abi_encode(["address", "bytes32"], [opener, opening.ref]))
        called = named(number, opening.customer_id)
        payload = {
            **called,
            "opening": opening.message(),
            "signature": signature,
            "permit": None
            if permit is None
            else self._permit_call(permit, opener, policy.token.address, opening.amount),
            "decimals": policy.token.decimals,
        }
        return Draft(Open, key or f"{Open.name}:{called['agreement']}", payload)
