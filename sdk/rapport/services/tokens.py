"""What services that move money share: tokens, allowances, permits."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from rapport import tokens, units
from rapport.artifacts import Interface
from rapport.errors import ConfigError, InputError
from rapport.invoices import Entry, Invoice, link, number_of
from rapport.models import Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.permits import PERMIT_TYPEHASH, Permit, PermitRequest, SignedPermit, domain_of
from rapport.services.drafts import Draft
from rapport.services.kinds import ContractKind, raw
from rapport.services.verbs import Context, M, Service, Steps, read, write
from rapport.tokens import ERC20, Token
from rapport.typed_data import Domain

# Limits, not estimates: what a permit costs is the token's affair, and the points of a sale need
# their own gas at hand even where they use little of it.
PERMIT_GAS = 150_000
EARN_GAS = 500_000


class Approve(ContractKind):
    """
    An allowance at a token. It is set, not added to, so that twice is once. Keeps its order with
    everything, since what follows may need it.
    """

    name = "token.approve"
    contract = "ERC20"

    def encode(self, payloads: Sequence[Payload]) -> Call:
        (payload,) = payloads
        value = int(payload["value"])
        return Call(payload["token"], ERC20.encode("approve", payload["spender"], value))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        (payload,) = payloads
        return [Outcome.done(token=payload["token"], amount=payload["amount"])]

    def subject(self, payload: Payload) -> Hashable:
        return None


KINDS: tuple[type[Kind], ...] = (Approve,)


def with_permit(interface: Interface, permit: Payload | None, call: bytes) -> bytes:
    """A call after the payer's permit, both in one; without a permit the call itself."""
    if permit is None:
        return call
    args = (raw(each) if name in "rs" else each for name, each in permit.items())
    return interface.encode("multicall", [interface.encode("permit", *args), call])


def token_at(context: Context, address: str) -> Steps[Token]:
    """
    The token at an address, asked once for each client.

    Raises:
        InputError: There is no ERC-20 token at this address.
    """
    address = units.address(address)
    known = context.tokens.get(address)
    if known is not None:
        return known
    answers = yield tokens.questions(address)
    found = tokens.token_of(address, *answers)
    context.tokens[address] = found
    return found


class Monetary(Service[M]):
    """A service of a contract that takes money out of the payers' allowances."""

    contract: ClassVar[str]

    @read
    def token(self, address: str) -> Steps[Token]:
        """
        What a token says of itself. Asked once for each client.

        Raises:
            InputError: There is no ERC-20 token at this address.
        """
        found: Token = yield from self._token(address)
        return found

    @read
    def balance(self, token: str, account: str | None = None) -> Steps[Decimal]:
        """What an account has of a token, in whole units; the sender without one."""
        found: Decimal = yield from self._amount(token, "balanceOf", self._account(account))
        return found

    @read
    def allowance(self, token: str, owner: str | None = None) -> Steps[Decimal]:
        """What this contract may take from an account, the sender without one, in whole units."""
        found: Decimal = yield from self._amount(
            token, "allowance", self._account(owner), self._spender
        )
        return found

    @write
    def approve(
        self, token: str, amount: Decimal | int | str, *, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """
        Let this contract take up to ``amount`` of a token, in whole units and in all, from the
        sender. Some tokens (USDT) want an allowance to be 0 before it is changed.

        Raises:
            InputError: No such token, or the amount is finer than its smallest unit.
        """
        found = yield from self._token(token)
        value = found.to_base(amount)
        payload = {
            "token": found.address,
            "spender": self._spender,
            "value": str(value),
            "amount": f"{found.from_base(value):f}",
        }
        return self._draft(Approve, idempotency_key, payload)

    @read
    def permit_request(
        self, token: str, owner: str, amount: Decimal | int | str, deadline: datetime
    ) -> Steps[PermitRequest]:
        """
        What the owner of a token signs (ERC-2612) so that this contract may take ``amount``, in
        whole units, until ``deadline``. Nothing has to be approved before.

        Raises:
            InputError: The token takes no such permits; approve instead.
        """
        found = yield from self._token(token)
        owner = units.address(owner)
        units.to_timestamp(deadline)
        domain = yield from self._permit_domain(found)
        (answer,) = yield [tokens.ask(found.address, "nonces", owner)]
        nonce = tokens.number(answer)
        if nonce is None:
            raise _no_permits(found)
        value = found.to_base(amount)
        return PermitRequest(Permit(owner, self._spender, value, nonce, deadline), domain)

    @read
    def permit_domain(self, token: str) -> Steps[Domain]:
        """
        The domain under which a token's permits are signed, checked against the token's own.

        Raises:
            InputError: The token takes no permits by ERC-2612; approve instead.
        """
        found = yield from self._token(token)
        domain: Domain = yield from self._permit_domain(found)
        return domain

    def domain(self) -> Domain:
        """The domain under which this contract's intents are signed."""
        book = self._context.book
        return Domain(book.chain_id, book.contract(self.contract).address)

    def _permit_call(
        self, permit: SignedPermit, owner: str, token: str, least: int = 0
    ) -> dict[str, Any]:
        """
        A permit as payloads keep it: the owner's, of this token, for this contract, and enough.

        Raises:
            InputError: It is not; the line says what differs.
            WrongSigner, MalleableSignature: Its owner's key has not signed it.
        """
        asked = permit.request.permit
        for what, met, required in (
            ("owner", asked.owner, owner),
            ("token", permit.request.domain.contract, token),
            ("spender", asked.spender, self._spender),
        ):
            if units.address(met) != required:
                raise InputError(f"the permit's {what} is {met}; required is {required}")
        if asked.value < least:
            raise InputError(
                f"the permit allows {asked.value} of the token's smallest unit; required is {least}"
            )
        return permit.call

    @property
    def _spender(self) -> str:
        return self._context.book.contract(self.contract).address

    def _account(self, account: str | None) -> str:
        """
        Raises:
            ConfigError: None is named, and there is no sender.
        """
        chosen = account or self._context.sender
        if chosen is None:
            raise ConfigError("no account is named, and no keystore tells one")
        return units.address(chosen)

    def _issued(self, number: bytes, issued_at: datetime, token: Token, **said: Any) -> Invoice:
        """An invoice about what this contract knows by ``number``; ``said`` is all the rest."""
        domain = self.domain()
        return Invoice(
            number=number_of(issued_at, number),
            issued_at=issued_at,
            id=units.hex32(number),
            seller=self._context.seller,
            currency=token.symbol,
            token=token.address,
            chain_id=domain.chain_id,
            contract=domain.contract,
            **said,
        )

    def _entry(self, what: str, amount: Decimal | None, at: datetime, transaction: str) -> Entry:
        """A transaction that an invoice rests on, with where people look it up."""
        page = link(self._context.book.chain_id, transaction, self._context.explorer)
        return Entry(what, amount, at, transaction, page)

    def _token(self, address: str) -> Steps[Token]:
        return (yield from token_at(self._context, address))

    def _amount(self, token: str, function: str, *args: str) -> Steps[Decimal]:
        found = yield from self._token(token)
        (answer,) = yield [tokens.ask(found.address, function, *args)]
        base = tokens.number(answer)
        if base is None:
            raise InputError(f"{found.address} is no ERC-20 token: it does not say {function}")
        return found.from_base(base)

    def _permit_domain(self, token: Token) -> Steps[Domain]:
        asked = ("DOMAIN_SEPARATOR", "PERMIT_TYPEHASH", "eip712Domain", "version")
        shown, kind, named, version = yield [tokens.ask(token.address, each) for each in asked]
        names = [(token.name, each) for each in (tokens.words(version), "1", "2") if each]
        told = tokens.signing_names(named)
        if told is not None:
            names.insert(0, told)
        domain = domain_of(self._context.book.chain_id, token.address, names, shown or b"")
        if domain is None or (kind and kind != PERMIT_TYPEHASH):
            raise _no_permits(token)
        return domain


def positive(token: Token, amount: Decimal | int | str, what: str) -> int:
    """
    Base units of an amount that moves; ``what`` names it in the error.

    Raises:
        InputError: It is zero, or as :meth:`Token.to_base`.
    """
    base = token.to_base(amount)
    if base == 0:
        raise InputError(f"{what} must be above 0")
    return base


def _no_permits(token: Token) -> InputError:
    return InputError(
        f"{token.symbol} ({token.address}) takes no permits by ERC-2612: "
        "have the payer approve the amount instead"
    )
