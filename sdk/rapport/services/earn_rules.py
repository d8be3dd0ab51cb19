"""Points that orders earn, under public rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from rapport import currencies, units
from rapport.chain import Logged, Read
from rapport.errors import InputError
from rapport.models import Receipt
from rapport.outbox.kinds import Call, Kind, Outcome, Payload
from rapport.records import Asset, Order, PurchaseRule, Quote
from rapport.reversal import decode_revert
from rapport.services.drafts import Draft
from rapport.services.kinds import ContractKind, Single, raw
from rapport.services.tokens import token_at
from rapport.services.verbs import M, Service, Steps, bulk, read, write
from rapport.tokens import Token

CONTRACT = "EarnRules"
TIERS = 8
DAY = 86_400  # seconds
FOR_EVER = 2**40 - 1
_BPS = 4  # decimals: 10,000 basis points are once


class RecordOrder(ContractKind):
    """Orders, many to a transaction."""

    name = "earn.record"
    contract = CONTRACT
    max_batch = 120
    simulate = False

    def encode(self, payloads: Sequence[Payload]) -> Call:
        orders = [
            (raw(each["customer"]), raw(each["ref"]), raw(each["asset"]), int(each["amount"]))
            for each in payloads
        ]
        if len(orders) == 1:
            return self.call("earn", *orders[0], count=1)
        return self.call("earnBatch", orders, count=len(orders))

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        done = {event.args["ref"]: event for event in self.events(receipt, "Earned", "EarnRefused")}
        return [_earned(done.get(raw(each["ref"]))) for each in payloads]

    def gas_of(self, count: int) -> int | None:
        return 130_000 + 95_000 * count


class ReverseOrder(Single):
    name = "earn.reverse"
    contract = CONTRACT
    function = "reverse"
    arguments = ("customer", "ref", "asset", "amount", "returned")
    event = "Reversed"

    def outcomes(self, payloads: Sequence[Payload], receipt: Receipt) -> list[Outcome]:
        # The ledger writes the event, on behalf of the rules.
        return [Outcome.done() if receipt.logs else Outcome.duplicate()]


class SetRule(Single):
    name = "earn.set_rule"
    contract = CONTRACT
    function = "setPurchaseRule"
    arguments = ("asset", "rule")
    event = "PurchaseRuleSet"


class EndRule(Single):
    name = "earn.end_rule"
    contract = CONTRACT
    function = "endPurchaseRule"
    arguments = ("asset",)
    event = "PurchaseRuleEnded"


KINDS: tuple[type[Kind], ...] = (RecordOrder, ReverseOrder, SetRule, EndRule)


class EarnRulesService(Service[M]):
    """How orders earn points. Amounts are whole units of an asset: ``Decimal("19.99")``, EUR."""

    @write
    def set_rule(self, rule: PurchaseRule, *, idempotency_key: str | None = None) -> Steps[Draft]:
        """
        Set the rule for an asset, from ``rule.valid_from`` on; never for the past.

        Raises:
            InputError: A number of the rule is out of range, or nothing renews in the asset.
        """
        asset = Asset.named(rule.asset)
        terms = _rule_to_chain(rule, asset)
        key = yield from self._key(asset, rule.renewal)
        return self._draft(SetRule, idempotency_key, {"asset": units.hex32(key), "rule": terms})

    @write
    def end_rule(
        self, asset: str, *, renewal: bool = False, idempotency_key: str | None = None
    ) -> Steps[Draft]:
        """End the rule for an asset, or for renewals in it, and any that was set to follow."""
        key = yield from self._key(Asset.named(asset), renewal)
        return self._draft(EndRule, idempotency_key, {"asset": units.hex32(key)})

    @read
    def rule(self, asset: str, *, renewal: bool = False) -> Steps[PurchaseRule]:
        """
        The rule in force for an asset now, or for subscriptions that renew in it.

        Raises:
            NoRule: There is none.
        """
        named = Asset.named(asset)
        key = yield from self._key(named, renewal)
        (answer,) = yield [Read(CONTRACT, "purchaseRule", (key,))]
        return _rule_from_chain(named, renewal, *answer)

    @read
    def next_rule(self, asset: str, *, renewal: bool = False) -> Steps[PurchaseRule | None]:
        """The rule that is set to follow for an asset, or for renewals in it, if any."""
        named = Asset.named(asset)
        key = yield from self._key(named, renewal)
        (answer,) = yield [Read(CONTRACT, "nextPurchaseRule", (key,))]
        rule, version = answer
        return _rule_from_chain(named, renewal, rule, version) if version else None

    @read
    def asset(self, text: str) -> Steps[Asset]:
        """
        What somebody means by an asset: a currency's code, a token's address with or without its
        decimals, or the symbol of a token that has a rule. Its ``name`` is good for every verb.

        Raises:
            InputError: There is no such token, or several of this symbol have rules: anybody can
                deploy a token under any symbol, so the address has to tell which.
        """
        name = text.strip()
        if name[:2] in ("0x", "0X"):
            if ":" in name:
                return Asset.named(name)
            return _of((yield from token_at(self._context, name)))
        if currencies.known(name):
            return Asset.named(name)
        ruled = yield from self._ruled_tokens()
        found = [each for each in ruled if each.symbol == name]
        if not found:
            raise InputError(
                f"{name!r} is neither a currency (ISO 4217, such as EUR) nor the symbol of a token "
                "that has a rule; name the token by its address"
            )
        if len(found) > 1:
            addresses = ", ".join(each.address for each in found)
            raise InputError(f"{name!r} is the symbol of several tokens; name one of {addresses}")
        return _of(found[0])

    @read
    def quote(
        self,
        customer: str | bytes,
        amount: Decimal | int | str,
        asset: str,
        *,
        renewal: bool = False,
    ) -> Steps[Quote]:
        """
        What an order of this amount, or a renewal, would earn the customer now.

        Raises:
            NoRule: No rule for this asset is in force.
        """
        customer_id, _ = self._identify(customer)
        named = Asset.named(asset)
        base = named.to_base(amount)
        key = yield from self._key(named, renewal)
        (answer,) = yield [Read(CONTRACT, "quote", (customer_id, key, base))]
        points, available_at, version = answer
        return Quote(points, units.from_timestamp(available_at), version)

    @write
    def record(self, order: Order, *, idempotency_key: str | None = None) -> Draft:
        """
        Record an order, which earns its points once, however often it is recorded.

        Raises:
            InputError: The amount is negative, too large, or finer than the currency allows.
            NotFound: Nobody is registered under this number or id.
            IdempotencyConflict: This order was recorded before, with other content.
        """
        return self._recording(order, idempotency_key)

    @bulk
    def record_batch(self, order: Order) -> Draft:
        """
        Record any number of orders, as an iterable of them: millions pass through in bounded
        memory. What comes back is iterated for what became of each, in order; one that cannot be
        recorded stops nobody else::

            stream = client.earn.record_batch(orders)
            for each in stream:
                if not each.ok:
                    print(each.item.number, each.error)
            stream.summary.done
        """
        return self._recording(order, None)

    def _key(self, asset: Asset, renewal: bool) -> Steps[bytes]:
        """
        Under which key the chain keeps the rule.

        Raises:
            InputError: A renewal in what is no token.
        """
        if not renewal:
            return asset.key
        if not asset.is_token:
            raise InputError(f"nothing renews in {asset.name} on the chain; name a token")
        (key,) = yield [Read(CONTRACT, "renewalOf", (asset.key,))]
        return bytes(key)

    def _ruled_tokens(self) -> Steps[list[Token]]:
        """The tokens whose purchases have or had a rule, the oldest rule first."""
        (events,) = yield [Logged(CONTRACT, ["PurchaseRuleSet"])]
        found: list[Token] = []
        for key in dict.fromkeys(each.args["asset"] for each in events):
            address = units.asset_token(key)
            if address is not None:
                with suppress(InputError):  # a rule can name what is no token
                    found.append((yield from token_at(self._context, address)))
        return found

    def _recording(self, order: Order, key: str | None) -> Draft:
        person = self._person(order.customer)
        asset = Asset.named(order.asset)
        key = key or order.key
        return Draft(
            RecordOrder,
            key,
            {
                "customer": person.hex,
                "ref": units.hex32(person.ref(key)),
                "asset": units.hex32(asset.key),
                "amount": asset.to_base(order.amount),
            },
        )

    @write
    def reverse(
        self,
        order: Order,
        returned: Decimal | int | str,
        *,
        idempotency_key: str | None = None,
    ) -> Draft:
        """
        Take back the points of what was returned of an order: ``returned`` of its amount in all,
        in proportion, rounded down.

        Raises:
            InputError: More was returned than bought.
        """
        person = self._context.directory.find(order.customer)
        asset = Asset.named(order.asset)
        amount, back = asset.to_base(order.amount), asset.to_base(returned)
        if back > amount:
            raise InputError(
                f"{returned} of order {order.number!r} is more than its {order.amount}"
            )
        if back == 0:
            raise InputError(
                f"nothing of order {order.number!r} was returned; amounts start above 0"
            )
        ref = units.hex32(person.ref(order.key))
        return Draft(
            ReverseOrder,
            idempotency_key or f"return:{order.number}:{back}",
            {
                "customer": person.hex,
                "ref": ref,
                "asset": units.hex32(asset.key),
                "amount": amount,
                "returned": back,
            },
        )


def _earned(event: Any) -> Outcome:
    if event is None:
        return Outcome.duplicate()
    if event.name == "EarnRefused":
        return Outcome.refused(decode_revert(event.args["reason"]))
    return Outcome.done(points=int(event.args["points"]), version=int(event.args["version"]))


def _rule_to_chain(rule: PurchaseRule, asset: Asset) -> dict[str, Any]:
    multipliers = [units.to_base(each, _BPS) for each in rule.multipliers]
    if not 1 <= len(multipliers) <= TIERS:
        raise InputError(f"a rule has 1 to {TIERS} multipliers, met {len(multipliers)}")
    if not all(1 <= each < 2**16 for each in multipliers):
        raise InputError("a multiplier is 0.0001 to 6.5535")
    multipliers += [multipliers[-1]] * (TIERS - len(multipliers))
    if asset.to_base(rule.per) == 0:
        raise InputError("a rule needs the amount that its points are earned for, above 0")
    window = rule.return_days * DAY
    if window != int(window) or window < 0:
        raise InputError(f"the return window must be whole seconds, met {rule.return_days} days")
    return {
        "points": units.points(rule.points),
        "per": asset.to_base(rule.per),
        "minimum": asset.to_base(rule.minimum),
        "cap": units.points(rule.cap),
        "validFrom": 0 if rule.valid_from is None else units.to_timestamp(rule.valid_from),
        "validTo": FOR_EVER if rule.valid_to is None else units.to_timestamp(rule.valid_to),
        "returnWindow": units.unsigned(int(window), 32, "the return window in seconds"),
        "multiplierBps": multipliers,
    }


def _of(token: Token) -> Asset:
    """A token as the asset that its address and decimals name."""
    return Asset.token(token.address, token.decimals)


def _rule_from_chain(
    asset: Asset, renewal: bool, rule: Mapping[str, Any], version: int
) -> PurchaseRule:
    until = int(rule["validTo"])
    return PurchaseRule(
        asset=asset.name,
        points=int(rule["points"]),
        per=asset.from_base(rule["per"]),
        minimum=asset.from_base(rule["minimum"]),
        cap=int(rule["cap"]),
        valid_from=units.from_timestamp(rule["validFrom"]),
        valid_to=None if until == FOR_EVER else units.from_timestamp(until),
        return_days=Decimal(int(rule["returnWindow"])) / DAY,
        multipliers=tuple(units.from_base(each, _BPS) for each in rule["multiplierBps"]),
        version=version,
        renewal=renewal,
    )
