"""Unlock: a membership is an NFT of a lock, and anyone may renew it out of an allowance.

Locks are made by Unlock's factory, behind its proxies. No fee, hook or oracle is set, which is the
cheapest that it can be. What customers pay stays in the lock until its manager takes it out.
"""

from __future__ import annotations

from typing import Any

from eth_typing import ChecksumAddress

from bench.gas import packages
from bench.gas.chain import Chain, Contract
from bench.gas.figures import REFUSED, Operation, PeerFigure
from bench.gas.money import ANY_AMOUNT, PERIOD, PRICE, Money
from bench.gas.packages import Artifact, BenchError
from bench.gas.peers.erc1967 import behind_proxy
from bench.gas.reading import Reader

PACKAGE = "@unlock-protocol/contracts"
_LOCK, _UNLOCK = "PublicLock/PublicLockV15", "Unlock/UnlockV14"
_VERSION = 15
_NOBODY = "0x" + 40 * "0"
_PURCHASE = "purchase((uint256,address,address,address,address,bytes,uint256)[])"
_TERMS = "money with the merchant (it stays in the lock), anchored periods, price cuts passed on"


def measure(money: Money, reader: Reader) -> list[PeerFigure]:
    unlock = _Unlock(money)
    unlock.member("first member")
    unlock.granted(unlock.chain.actor("unlock first guest"))
    return [*_opened(unlock), *_charged(unlock, reader), *_granted(unlock), *_ended(unlock)]


class _Unlock:
    """The factory, and one lock of the merchant."""

    def __init__(self, money: Money) -> None:
        self.peer = f"Unlock {packages.version_of(PACKAGE)} PublicLock V{_VERSION}"
        self.money, self.chain, self.manager = money, money.chain, money.merchant
        self._factory = _factory(self.chain)
        self.lock, _ = self.opened()

    def opened(self) -> tuple[Contract, int]:
        """A lock of the merchant, by the factory, and the gas of it."""
        artifact = _artifact(_LOCK)
        terms = (self.manager, PERIOD, self.money.token.address, PRICE, ANY_AMOUNT, "")
        setup = Contract(self.chain, artifact, self._factory.address).calldata("initialize", terms)
        address = self._factory.call("createUpgradeableLock", setup)  # where it will be
        gas = self._factory.send(self.manager, "createUpgradeableLock", setup).gas
        lock = self.chain.at(artifact, address)
        if lock.call("keyPrice") != PRICE or not lock.call("isLockManager", self.manager):
            raise BenchError(f"{self.peer}: the lock is not as it was ordered")
        return lock, gas

    def member(self, label: str) -> tuple[ChecksumAddress, int, int]:
        """A customer who has bought a period, the id of the key, and the gas."""
        customer = self.money.customer(f"unlock {label}", self.lock)
        with self.money.moving(self.peer, {customer: -PRICE, self.lock.address: PRICE}):
            gas = self.lock.send(customer, _PURCHASE, [_bought(customer)]).gas
        return customer, self.key(customer), gas

    def granted(self, guest: str) -> int:
        """Gas of a period that the merchant gives to a customer."""
        gas = self.lock.send(self.manager, "grantKeys", *self.gift(guest)).gas
        self.key(guest)
        return gas

    def gift(self, guest: str) -> tuple[list[str], list[int], list[str]]:
        return [guest], [self.chain.now + PERIOD], [_NOBODY]

    def key(self, customer: str) -> int:
        """
        Raises:
            BenchError: The customer has no key that is valid now.
        """
        key: int = self.lock.call("tokenOfOwnerByIndex", customer, 0)
        if not self.lock.call("isValidKey", key):
            raise BenchError(f"{self.peer}: a key that was bought or granted is not valid")
        return key


def _artifact(name: str) -> Artifact:
    return packages.shipped(PACKAGE, f"dist/abis/{name}.json")


def _factory(chain: Chain) -> Contract:
    """Unlock, with the lock that its proxies lead to."""
    owner = chain.actor("unlock owner")
    factory = behind_proxy(chain, owner, _artifact(_UNLOCK), (owner,))
    template = chain.deploy(_artifact(_LOCK), owner)
    factory.send(owner, "addLockTemplate", template.address, _VERSION)
    factory.send(owner, "setLockTemplate", template.address)
    return factory


def _bought(customer: str) -> tuple[Any, ...]:
    """One period for oneself, with nobody to thank for it."""
    return PRICE, customer, _NOBODY, _NOBODY, _NOBODY, b"", 0


def _opened(unlock: _Unlock) -> list[PeerFigure]:
    _, gas = unlock.opened()
    without = "instalments, a grace period"
    again = "opens another"
    call = "createUpgradeableLock"
    return [PeerFigure(Operation.PLAN, unlock.peer, call, gas, without, again)]


def _charged(unlock: _Unlock, reader: Reader) -> list[PeerFigure]:
    lock, peer = unlock.lock, unlock.peer
    customer, key, bought = unlock.member("member")
    lock.refuses(customer, _PURCHASE, [_bought(customer)])
    asked = reader.gas(lock, "isValidKey", key)

    keeper = unlock.chain.actor("unlock keeper")
    unlock.chain.wait(PERIOD)
    with unlock.money.moving(peer, {customer: -PRICE, lock.address: PRICE}):
        renewed = lock.send(keeper, "renewMembershipFor", key, _NOBODY).gas
    unlock.key(customer)
    lock.refuses(keeper, "renewMembershipFor", key, _NOBODY)
    state = "why it is not: past due, paused, lapsed"
    return [
        PeerFigure(Operation.SUBSCRIBE, peer, "purchase", bought, _TERMS, REFUSED),
        PeerFigure(Operation.CHARGE, peer, "renewMembershipFor", renewed, _TERMS, REFUSED),
        PeerFigure(Operation.IN_FORCE_ASKED, peer, "isValidKey", asked, state, ""),
    ]


def _granted(unlock: _Unlock) -> list[PeerFigure]:
    lock, peer = unlock.lock, unlock.peer
    guest = unlock.chain.actor("unlock guest")
    trial = unlock.granted(guest)
    lock.refuses(unlock.manager, "grantKeys", *unlock.gift(guest))
    _, key, _ = unlock.member("member with a gift")
    ends = lock.call("keyExpirationTimestampFor", key)
    extended = lock.send(unlock.manager, "grantKeyExtension", key, PERIOD).gas
    lock.send(unlock.manager, "grantKeyExtension", key, PERIOD)
    if lock.call("keyExpirationTimestampFor", key) != ends + 2 * PERIOD:
        raise BenchError(f"{peer}: two extensions did not add two periods")
    without = "the customer's own word, a charge at its end"
    refund = "time that is never refunded as if it were paid"
    return [
        PeerFigure(Operation.SUBSCRIBE_TRIAL, peer, "grantKeys", trial, without, REFUSED),
        PeerFigure(Operation.GRANT_TIME, peer, "grantKeyExtension", extended, refund, "adds again"),
    ]


def _ended(unlock: _Unlock) -> list[PeerFigure]:
    lock, peer, money = unlock.lock, unlock.peer, unlock.money
    customer, key, _ = unlock.member("member who cancels")
    before = money.balance(customer), money.balance(lock.address)
    cancelled = lock.send(customer, "cancelAndRefund", key).gas
    back = money.balance(customer) - before[0]
    if not 0 < back < PRICE or money.balance(lock.address) != before[1] - back:
        raise BenchError(f"{peer}: a cancellation did not give a part of the price back")
    lock.refuses(customer, "cancelAndRefund", key)

    customer, key, _ = unlock.member("member who is refunded")
    with money.moving(peer, {customer: PRICE, lock.address: -PRICE}):
        refunded = lock.send(unlock.manager, "expireAndRefundFor", key, PRICE).gas
    lock.refuses(unlock.manager, "expireAndRefundFor", key, PRICE)
    if lock.call("isValidKey", key):
        raise BenchError(f"{peer}: a refunded membership is still valid")
    customer, key, _ = unlock.member("member who is refunded too much")
    with money.moving(peer, {customer: 2 * PRICE, lock.address: -2 * PRICE}):
        lock.send(unlock.manager, "expireAndRefundFor", key, 2 * PRICE)
    period = "the period that is paid: it ends at once, and a part of its price is refunded"
    limit = "a limit at what was paid, a subscription that goes on"
    return [
        PeerFigure(Operation.CANCEL, peer, "cancelAndRefund", cancelled, period, REFUSED),
        PeerFigure(Operation.CHARGE_REFUND, peer, "expireAndRefundFor", refunded, limit, REFUSED),
    ]
