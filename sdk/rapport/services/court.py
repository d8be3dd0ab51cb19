"""Disputes before a court (ERC-792): brought, appealed, and carried out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from rapport import units
from rapport.chain import Request, requests
from rapport.errors import ConfigError, InputError
from rapport.services import court_kinds as kinds
from rapport.services.court_kinds import COIN, arbiter_interface, coins
from rapport.services.drafts import Draft
from rapport.services.sla_kinds import CONTRACT as ESCROW
from rapport.services.sla_reading import Facts, Promised
from rapport.services.verbs import M, Steps, read, write
from rapport.sla import Case, Exhibit, Hearing, Policy, Stage, State, digest_of, name_of

__all__ = ["KINDS", "CourtService"]

KINDS = kinds.KINDS
_LONGEST = 2_048  # bytes of where evidence is


class CourtService(Promised[M]):
    """
    Disputes of agreements whose policy names a ``CourtArbiter``: it is found by the agreement, and
    needs no place in the address book. Costs are in the chain's own coin, for example ether.
    """

    @write
    def bring(
        self,
        agreement: str | bytes,
        most: Decimal | int | str,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Bring a disputed agreement to the court. Anyone may; whoever is right is paid for it out of
        the arbiter's fee. Again it changes nothing.

        Args:
            most: What the court may ask for at most, in the chain's coin: what an arbiter says of
                costs is its own word.

        Raises:
            NotFound: There is no such agreement.
            InputError: Its arbiter is none of a court, or asks for more.
        """
        draft: Draft = yield from self._paid(kinds.Bring, agreement, most, 0, idempotency_key)
        return draft

    @write
    def appeal(
        self,
        agreement: str | bytes,
        most: Decimal | int | str,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Appeal the court's ruling of today. Anyone may, as long as the court allows it and another
        round fits the arbiter's window.

        Args:
            most: What the court may ask for at most, in the chain's coin.

        Raises:
            NotFound: There is no such agreement.
            InputError: Its arbiter is none of a court, or asks for more.
        """
        draft: Draft = yield from self._paid(kinds.Appeal, agreement, most, 1, idempotency_key)
        return draft

    @write
    def execute(
        self, agreement: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Carry out a ruling that waits. Anyone may. Rulings are carried out by themselves, unless
        there was too little gas.

        Raises:
            NotFound: There is no such agreement.
            InputError: Its arbiter is none of a court.
        """
        payload = yield from self._named(agreement)
        key = idempotency_key or self._afresh(f"{kinds.Execute.name}:{payload['agreement']}")
        return Draft(kinds.Execute, key, payload)

    @write
    def submit_evidence(
        self,
        agreement: str | bytes,
        evidence: Exhibit | None = None,
        *,
        uri: str | None = None,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Point the court to evidence, as the client or the provider, before it has ruled: to a file
        by its SHA-256 digest, or to where the court finds it (ERC-1497). Anyone can read a place
        that stands on chain: nothing personal belongs there.

        Raises:
            NotFound: There is no such agreement.
            InputError: Its arbiter is none of a court; the file cannot be read; both or neither.
        """
        if (evidence is None) == (uri is None):
            raise InputError("evidence is a file, a digest or a place: name one of them")
        told = uri if uri is not None else name_of(digest_of(evidence))
        if not told.isprintable() or not 0 < len(told.encode()) <= _LONGEST:
            raise InputError(f"a place is 1 to {_LONGEST:,} bytes of text that prints")
        payload = yield from self._named(agreement)
        return self._draft(kinds.SubmitEvidence, idempotency_key, {**payload, "evidence": told})

    @write
    def collect(
        self, agreement: str | bytes, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Have the escrow give the arbiter what it owes it in the agreement's token, because the
        token was refused to it. Anyone may; what the arbiter owes others can be withdrawn then.

        Raises:
            NotFound: There is no such agreement.
            InputError: Its arbiter is none of a court.
        """
        payload = yield from self._named(agreement)
        return self._draft(kinds.Collect, idempotency_key, payload)

    @write
    def withdraw(
        self,
        agreement: str | bytes,
        to: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Steps[Draft]:
        """
        Have all that the arbiter owes the sender in the agreement's token, because it could not be
        paid, sent to ``to`` or to the sender itself.

        Raises:
            NotFound: There is no such agreement.
            InputError: Its arbiter is none of a court.
        """
        payload = yield from self._named(agreement)
        payload |= {"account": self._account(None), "to": self._account(to)}
        return self._draft(kinds.Withdraw, idempotency_key, payload)

    @read
    def status(self, agreement: str | bytes) -> Steps[Case]:
        """
        How the dispute of an agreement stands before the court, and what the next step costs.

        Raises:
            NotFound: There is no such agreement.
            InputError: Its arbiter is none of a court.
        """
        facts, policy = yield from self._known(agreement)
        arbiter = yield from self._arbiter(policy)
        case: Case = yield from self._case(facts, arbiter)
        return case

    def _case(self, facts: Facts, arbiter: str) -> Steps[Case]:
        views = ("COURT", "disputeOf", "costs", "until", "hearing", "shares")
        of_agreement = {"disputeOf", "costs", "until", "hearing"}
        answers = yield [
            _ask(arbiter, each, *([facts.id] if each in of_agreement else [])) for each in views
        ]
        court, dispute, costs, until, hearing, shares = (
            _told(name, answer) for name, answer in zip(views, answers, strict=True)
        )
        if None in (court, dispute, shares) or dispute[1] >= len(Stage):
            raise InputError(f"{arbiter} does not answer as an arbiter that asks a court")
        number, reached, final = dispute
        stage = tuple(Stage)[reached]
        status, today, begin, end = hearing or (len(Hearing), None, 0, 0)
        ruling = final if stage in (Stage.RULED, Stage.EXECUTED) else today
        known = ruling is not None and ruling < len(shares)
        # A court may word its refusal to be appealed as a price that nobody has.
        cost = None if costs is None else {Stage.NONE: costs[0], Stage.BROUGHT: costs[1]}.get(stage)
        live = facts.state is State.DISPUTED and until is not None
        return Case(
            agreement=units.hex32(facts.id),
            arbiter=arbiter,
            court=court,
            stage=stage,
            dispute=None if stage is Stage.NONE else number,
            hearing=tuple(Hearing)[status] if status < len(Hearing) else None,
            ruling=ruling,
            provider=units.percent(shares[ruling]) if known and ruling is not None else None,
            cost=None if cost is None or not live else units.from_base(cost, COIN),
            until=units.from_timestamp(until) if live else None,
            appeal_from=_moment(begin),
            appeal_until=_moment(end),
            shares=tuple(units.percent(each) for each in shares),
        )

    def _named(self, agreement: str | bytes) -> Steps[dict[str, Any]]:
        """An agreement and its arbiter in a payload."""
        facts, policy = yield from self._known(agreement)
        arbiter = yield from self._arbiter(policy)
        payload = yield from self._payload(facts, policy.token)
        return {**payload, "arbiter": arbiter, "token": policy.token.address}

    def _paid(
        self,
        kind: type[kinds.CourtKind],
        agreement: str | bytes,
        most: Decimal | int | str,
        place: int,
        key: str | None,
    ) -> Steps[Draft]:
        """A step that the court is paid for; ``place`` is that of its cost among the costs."""
        limit = units.to_base(most, COIN)
        payload = yield from self._named(agreement)
        asked = _ask(payload["arbiter"], "costs", units.bytes32(payload["agreement"]))
        costs, head = yield [asked, requests.block()]
        told = _told("costs", costs)
        if told is None:
            raise InputError(f"the court of {payload['arbiter']} does not say what it asks for")
        wei = told[place]
        if wei > limit:
            raise InputError(
                f"the court asks for {coins(wei)}, at most {coins(limit)} is allowed; "
                "see: rapport court status"
            )
        payload |= {"wei": str(wei), "account": self._account(None)}
        if kind is kinds.Appeal:
            return self._draft(kind, key, {**payload, "since": head.number})
        chosen = key or self._afresh(f"{kind.name}:{payload['agreement']}")
        return Draft(kind, chosen, payload)

    def _arbiter(self, policy: Policy) -> Steps[str]:
        """
        The contract that a policy names as its arbiter.

        Raises:
            InputError: None, or nothing that brings disputes of this escrow to a court.
        """
        arbiter = policy.terms.arbiter
        if arbiter is None:
            raise InputError(f"policy {policy.id} names no arbiter")
        (answer,) = yield [_ask(arbiter, "ESCROW")]
        escrow = self._context.book.contract(ESCROW).address
        if _told("ESCROW", answer) != escrow:
            raise InputError(
                f"the arbiter of policy {policy.id}, {arbiter}, is none that brings disputes of "
                f"{escrow} to a court"
            )
        return arbiter


def _moment(seconds: int) -> datetime | None:
    """A moment that a court tells; zero is none, and so is what no calendar has."""
    return units.from_timestamp(seconds) if 0 < seconds < 2**37 else None


def _ask(arbiter: str, function: str, *args: Any) -> Request:
    """A question to an arbiter, answered with ``None`` where it refuses."""
    data = arbiter_interface().encode(function, *args)
    return replace(requests.call(arbiter, data), refusable=True)


def _told(function: str, answer: bytes | None) -> Any:
    """What was answered; ``None`` if nothing, or nothing that this contract would say."""
    if not answer:
        return None
    try:
        return arbiter_interface().function(function).decode(answer)
    except ConfigError:
        return None
