"""Service levels: promised in policies, kept or broken in agreements, paid by the clocks."""

from __future__ import annotations

from decimal import Decimal

from rapport import units
from rapport.chain import Read
from rapport.codec import keccak
from rapport.services import sla_kinds as kinds
from rapport.services import sla_policy_kinds as policy_kinds
from rapport.services.drafts import Draft
from rapport.services.sla_bonds import Bonding
from rapport.services.sla_disputes import Disputing
from rapport.services.sla_history import History
from rapport.services.sla_kinds import CONTRACT
from rapport.services.sla_opening import Beginning
from rapport.services.tokens import positive
from rapport.services.verbs import M, Steps, new_key, read, write
from rapport.sla import Agreement, Clocks, Exhibit, Policy, Quote, State, Terms, digest_of

__all__ = ["KINDS", "SlaService"]

KINDS = (*policy_kinds.KINDS, *kinds.KINDS)


class SlaService(Beginning[M], Disputing[M], Bonding[M], History[M]):
    """
    Service levels, as kept by the ``SLAEscrow`` contract. Money is whole units of the policy's
    token. A policy is named by its number, an agreement by its id: ``0x`` and 64 hex digits.
    """

    # Policies

    @write
    def policy_create(
        self, token: str, terms: Terms, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Publish a policy, whose provider is the sender. The outcome tells its number, ``policy``.
        The same key again is the same policy, on chain too. Terms never change: a new version is a
        new policy.

        Raises:
            InputError: No such token, or an amount finer than its smallest unit.
        """
        found = yield from self._token(token)
        provider = self._account(None)
        key = idempotency_key or new_key(policy_kinds.CreatePolicy)
        payload = {
            "provider": provider,
            "ref": units.hex32(keccak(f"policy:{key}".encode())),
            "terms": terms.struct(provider, found),
        }
        return Draft(policy_kinds.CreatePolicy, key, payload)

    @write
    def policy_close(self, policy: int, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """
        End a policy for new agreements, as its provider. Open ones go on as they began. Again it
        changes nothing.

        Raises:
            NotFound: There is no such policy.
        """
        found = yield from self._policy(policy)
        return self._draft(policy_kinds.ClosePolicy, idempotency_key, {"policy": found.id})

    @read
    def policy(self, policy: int) -> Steps[Policy]:
        """
        A policy by its number.

        Raises:
            NotFound: There is no such policy.
        """
        found: Policy = yield from self._policy(policy)
        return found

    # The provider

    @write
    def respond(
        self, agreement: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Record the first response. Again it changes nothing.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._once(kinds.Respond, agreement, idempotency_key)
        return draft

    @write
    def pause(self, agreement: str | bytes, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """
        Stop the clock while the customer is asked, within the policy's budget and before the
        resolution is late; counts as a response.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._about(kinds.Pause, agreement, idempotency_key)
        return draft

    @write
    def deliver(
        self,
        agreement: str | bytes,
        evidence: Exhibit | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Say that the service is done, and stop the clocks. Again it changes nothing.

        Args:
            evidence: What shows it: a file, or its digest.

        Raises:
            NotFound: There is no such agreement.
            InputError: The file cannot be read.
        """
        digest = units.hex32(digest_of(evidence))
        draft: Draft = yield from self._once(
            kinds.Deliver, agreement, idempotency_key, evidence=digest
        )
        return draft

    @write
    def give_up(
        self, agreement: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Give everything at stake to the client.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._once(kinds.GiveUp, agreement, idempotency_key)
        return draft

    # Both parties

    @write
    def resume(self, agreement: str | bytes, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """
        Let the clock run again, as the client or the provider.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._about(kinds.Resume, agreement, idempotency_key)
        return draft

    @write
    def concede(
        self,
        agreement: str | bytes,
        left: Decimal | int | str,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Give all of the fee that is above ``left``, in whole units, to the other party now; credits
        are shares of what is left.

        Raises:
            NotFound: There is no such agreement.
        """
        facts, policy = yield from self._known(agreement)
        base = positive(policy.token, left, "what is left of the fee")
        payload = yield from self._payload(facts, policy.token)
        return self._draft(kinds.Concede, idempotency_key, {**payload, "base": str(base)})

    # The client

    @write
    def accept(self, agreement: str | bytes, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """
        Accept a delivery: the credit that the clocks say goes to the client, the rest to the
        provider.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._once(kinds.Accept, agreement, idempotency_key)
        return draft

    # Anyone

    @write
    def finalize(
        self, agreement: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        As :meth:`accept`, once the review is over and nobody has disputed.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._once(kinds.Finalize, agreement, idempotency_key)
        return draft

    @write
    def reclaim(
        self, agreement: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Give everything at stake to the client, because nothing was delivered: not in the time to
        resolve, nor with all pauses, nor in a review's length after that.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._once(kinds.Reclaim, agreement, idempotency_key)
        return draft

    @write
    def link(self, agreement: str | bytes, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """
        Bind the wallet that the customer has now as the client of an agreement that was opened
        without one; of a customer whose wallet was replaced, the new one.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._about(kinds.Link, agreement, idempotency_key)
        return draft

    # Looking

    @read
    def show(self, agreement: str | bytes) -> Steps[Agreement]:
        """
        An agreement as it stands, with its policy, and its clocks if it is open.

        Raises:
            NotFound: There is no such agreement.
        """
        facts, policy = yield from self._known(agreement)
        (found,) = yield from self._standing([facts], {policy.id: policy})
        return found

    @read
    def clocks(self, agreement: str | bytes) -> Steps[Clocks]:
        """
        The clocks of an open agreement, as of the chain's time.

        Raises:
            NotFound: There is no such agreement.
            BadState: It is not open, so no clock runs.
        """
        facts, policy = yield from self._known(agreement)
        if facts.state is not State.OPEN:
            yield [Read(CONTRACT, "clocks", (facts.id,))]  # says why not
        found = yield from self._read_clocks([facts], {policy.id: policy})
        return found[facts.id]

    @read
    def quote(self, agreement: str | bytes) -> Steps[Quote]:
        """
        What :meth:`accept` would pay now; of an open agreement, if it were delivered now.

        Raises:
            NotFound: There is no such agreement.
            BadState: It is settled.
        """
        facts, policy = yield from self._known(agreement)
        (answer,) = yield [Read(CONTRACT, "quoteSettlement", (facts.id,))]
        to_provider, to_client = (policy.token.from_base(each) for each in answer)
        return Quote(units.hex32(facts.id), to_provider, to_client, policy.token)
