"""How agreements end when the parties do not agree at once: disputes, splits, rulings, silence."""

from __future__ import annotations

from decimal import Decimal

from rapport import units
from rapport.errors import InputError
from rapport.services import sla_kinds as kinds
from rapport.services.drafts import Draft
from rapport.services.sla_reading import Promised, accepted_share, share_bps
from rapport.services.verbs import M, Steps, write
from rapport.sla import Exhibit, digest_of


class Disputing(Promised[M]):
    """The verbs of disputes. Evidence stays with the parties; on chain stands its digest."""

    @write
    def dispute(
        self,
        agreement: str | bytes,
        evidence: Exhibit | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Ask the arbiter, as the client until the review ends, or as the provider once it has
        delivered. Clocks stop.

        Args:
            evidence: A file, or its digest.

        Raises:
            NotFound: There is no such agreement.
            InputError: The file cannot be read.
        """
        digest = units.hex32(digest_of(evidence))
        account = self._account(None)
        draft: Draft = yield from self._once(
            kinds.Dispute, agreement, idempotency_key, evidence=digest, account=account
        )
        return draft

    @write
    def submit_evidence(
        self,
        agreement: str | bytes,
        evidence: Exhibit,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Point the arbiter to a file, by its SHA-256 digest, as the client or the provider, until the
        agreement is settled. The outcome tells the digest's name.

        Raises:
            NotFound: There is no such agreement.
            InputError: The file cannot be read.
        """
        digest = digest_of(evidence)
        if not any(digest):
            raise InputError("a digest of zero points to nothing")
        draft: Draft = yield from self._about(
            kinds.SubmitEvidence, agreement, idempotency_key, evidence=units.hex32(digest)
        )
        return draft

    @write
    def propose_split(
        self,
        agreement: str | bytes,
        provider: Decimal | int | str,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Propose to settle with ``provider`` percent of what is at stake for the provider, the rest
        for the client. It takes the place of the last proposal, whoever made it.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._about(
            kinds.ProposeSplit, agreement, idempotency_key, provider_bps=share_bps(provider)
        )
        return draft

    @write
    def accept_split(
        self,
        agreement: str | bytes,
        provider: Decimal | int | str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Settle as the other party has proposed; with ``provider`` only if it is this share.

        Raises:
            NotFound: There is no such agreement.
            InputError: No split is proposed.
        """
        facts, policy = yield from self._known(agreement)
        share = accepted_share(facts.proposal, provider)
        payload = yield from self._payload(facts, policy.token)
        key = idempotency_key or self._afresh(
            f"{kinds.AcceptSplit.name}:{payload['agreement']}:{share}"
        )
        return Draft(kinds.AcceptSplit, key, {**payload, "provider_bps": share})

    @write
    def resolve(
        self,
        agreement: str | bytes,
        provider: Decimal | int | str,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Rule, as the arbiter: ``provider`` percent of what is at stake, less the arbiter's fee, to
        the provider, the rest to the client.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._about(
            kinds.Resolve, agreement, idempotency_key, provider_bps=share_bps(provider)
        )
        return draft

    @write
    def expire(self, agreement: str | bytes, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """
        End a dispute in which the arbiter was silent, by the policy's default. Anyone may.

        Raises:
            NotFound: There is no such agreement.
        """
        draft: Draft = yield from self._once(kinds.Expire, agreement, idempotency_key)
        return draft
