"""EarnRules in plain Python, from the prose of IEarnRules.

The rules of an asset are a timeline. In force is the one that began last, until its own end.
"""

from __future__ import annotations

from typing import NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.support.evm import Refused
from tests.contracts.support.model.ledger import Ledger, Roles, role
from tests.contracts.support.model.loyalty import Entry, LoyaltyModel, State, mark
from tests.contracts.support.model.reasons import reason

MERCHANT = role("MERCHANT")
Rule = tuple[int, int, int, int, int, int, int, tuple[int, ...]]


class PurchaseRule(NamedTuple):
    """As in the interface."""

    points: int
    per: int
    minimum: int
    cap: int
    validFrom: int
    validTo: int
    returnWindow: int
    multiplierBps: tuple[int, ...]


NO_RULE = PurchaseRule(0, 0, 0, 0, 0, 0, 0, (0,) * 8)


class Standing(NamedTuple):
    """A rule and its version."""

    rule: PurchaseRule
    version: int


def terms(asset: bytes, amount: int) -> int:
    digest = keccak(encode(["bytes32", "uint96"], [asset, amount]))
    return int.from_bytes(digest[:4], "big")


def field(name: str) -> bytes:
    return name.encode().ljust(32, b"\0")


def asset_of(token: str) -> bytes:
    """The key of the rule for what is bought with the token at this address."""
    return bytes.fromhex(token[2:]).rjust(32, b"\0")


def renewal_of(asset: bytes) -> bytes:
    """The key of the rule for subscriptions that renew in an asset."""
    return keccak(encode(["string", "bytes32"], ["rapport renewal", asset]))


class EarnModel(Roles):
    """By which rules an order earns."""

    contract = "EarnRules"

    def __init__(self, chain: Ledger, admin: str, address: str, loyalty: LoyaltyModel) -> None:
        super().__init__(chain, admin)
        self.address = address
        self.loyalty = loyalty
        self.timelines: dict[bytes, tuple[Standing, ...]] = chain.table()
        self.versions: dict[bytes, int] = chain.table()

    # Reading

    def present(self, asset: bytes) -> Standing | None:
        begun = [s for s in self.timelines.get(asset, ()) if s.rule.validFrom <= self.chain.now]
        if begun and self.chain.now < begun[-1].rule.validTo:
            # A rule that follows cuts the present one short.
            following = self.following(asset)
            rule = begun[-1].rule
            if following.version and following.rule.validFrom < rule.validTo:
                rule = rule._replace(validTo=following.rule.validFrom)
            return Standing(rule, begun[-1].version)
        return None

    def following(self, asset: bytes) -> Standing:
        coming = [s for s in self.timelines.get(asset, ()) if s.rule.validFrom > self.chain.now]
        return coming[0] if coming else Standing(NO_RULE, 0)

    def in_force(self, asset: bytes) -> Standing:
        standing = self.present(asset)
        if standing is None:
            raise Refused("NoRule", asset, self.chain.now)
        return standing

    def worth(self, rule: PurchaseRule, amount: int, tier: int) -> int:
        if amount < rule.minimum:
            return 0
        base = amount * rule.points // rule.per
        return min(rule.cap, base * rule.multiplierBps[tier] // 10_000)

    def quote(self, customer: bytes, asset: bytes, amount: int) -> tuple[int, int, int]:
        rule, version = self.in_force(asset)
        points = self.worth(rule, amount, self.loyalty.tier(customer))
        return points, self.chain.now + rule.returnWindow, version

    # Rules

    def setPurchaseRule(self, sender: str, asset: bytes, given: Rule) -> int:
        self.check("RULES", sender)
        rule = PurchaseRule(*given)
        for name in ("points", "per", "cap"):
            if getattr(rule, name) == 0:
                raise Refused("BadRule", field(name))
        if 0 in rule.multiplierBps:
            raise Refused("BadRule", field("multiplierBps"))
        rule = rule._replace(validFrom=max(rule.validFrom, self.chain.now))
        if rule.validTo <= rule.validFrom:
            raise Refused("BadRule", field("validTo"))
        version = self.versions[asset] = self.versions.get(asset, 0) + 1
        self.timelines[asset] = (*self._begun(asset), Standing(rule, version))
        self.chain.emit(self.contract, "PurchaseRuleSet", asset, version, tuple(rule))
        return version

    def endPurchaseRule(self, sender: str, asset: bytes) -> None:
        self.check("RULES", sender)
        ended = self.present(asset) or self.following(asset)
        if not ended.version:
            raise Refused("NoRule", asset, self.chain.now)
        # Whatever began earlier is over as well, and what was to follow never begins.
        self.timelines[asset] = ()
        self.chain.emit(self.contract, "PurchaseRuleEnded", asset, ended.version, self.chain.now)

    def _begun(self, asset: bytes) -> tuple[Standing, ...]:
        """The rules that have begun; one that was to follow is dropped."""
        return tuple(s for s in self.timelines.get(asset, ()) if s.rule.validFrom <= self.chain.now)

    # Earning

    def earn(
        self, sender: str, customer: bytes, ref: bytes, asset: bytes, amount: int
    ) -> tuple[bool, int]:
        self.check("RECORDER", sender)
        return self._earn(customer, ref, asset, amount)

    def earnOnSale(
        self, sender: str, merchant: str, customer: bytes, ref: bytes, asset: bytes, amount: int
    ) -> tuple[bool, int]:
        self.check("RECORDER", sender)
        if not self.has(MERCHANT, merchant):
            raise Refused("NotAMerchant", merchant)
        return self._earn(customer, ref, asset, amount)

    def earnBatch(self, sender: str, orders: list[tuple[bytes, bytes, bytes, int]]) -> int:
        self.check("RECORDER", sender)
        count = 0
        for customer, ref, asset, amount in orders:
            try:
                added, _ = self._earn(customer, ref, asset, amount)
                count += added
            except Refused as refusal:
                if refusal.name not in (
                    "RefConflict",
                    "UnknownCustomer",
                    "CustomerClosed",
                    "NoRule",
                ):
                    raise
                self.chain.emit(self.contract, "EarnRefused", customer, ref, reason(refusal.name))
        return count

    def _earn(self, customer: bytes, ref: bytes, asset: bytes, amount: int) -> tuple[bool, int]:
        stands = self.loyalty.entry(ref)
        if stands.state != State.NONE:
            if (stands.customer, stands.terms) != (mark(customer), terms(asset, amount)):
                raise Refused("RefConflict", ref)
            return False, stands.points
        self.loyalty.registry.living(customer)
        rule, version = self.in_force(asset)
        points = self.worth(rule, amount, self.loyalty.tier(customer))
        self.chain.emit(self.contract, "Earned", customer, ref, asset, amount, points, version)
        available = self.chain.now + rule.returnWindow if rule.returnWindow else 0
        self.loyalty.awardUnder(
            self.address, customer, ref, points, available, terms(asset, amount)
        )
        return True, points

    def reverse(
        self, sender: str, customer: bytes, ref: bytes, asset: bytes, amount: int, returned: int
    ) -> bool:
        self.check("RECORDER", sender)
        if returned > amount:
            raise Refused("ReturnExceedsOrder", returned, amount)
        stands: Entry = self.loyalty.entry(ref)
        if stands.state == State.NONE:
            raise Refused("UnknownRef", ref)
        if stands.terms != terms(asset, amount):
            raise Refused("RefConflict", ref)
        if returned == 0 or stands.points == 0:
            return False
        total = stands.points * returned // amount
        return self.loyalty.reverse(self.address, customer, ref, total)
