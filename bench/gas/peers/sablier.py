"""Sablier Flow: the customer fills a stream, and the merchant draws what has flowed.

A stream is an NFT of the merchant. Sablier's comptroller stands behind its proxy and asks no fee.
What is in a stream belongs to the customer until it has flowed; one that runs dry keeps counting a
debt. Drawing all that has flowed is cheaper than drawing a period's price, and changing a stream is
cheaper where something was left: each figure is of its cheaper case.
"""

from __future__ import annotations

from eth_typing import ChecksumAddress

from bench.gas import packages
from bench.gas.chain import Chain, Contract
from bench.gas.figures import CHARGES, REFUSED, Operation, PeerFigure
from bench.gas.money import PERIOD, PRICE, RATE, Money
from bench.gas.packages import Artifact, BenchError
from bench.gas.peers.erc1967 import behind_proxy
from bench.gas.reading import Reader

PACKAGE = "@sablier/flow"
COMPTROLLER = "@sablier/evm-utils"
_NOBODY = "0x" + 40 * "0"
_FILLED = 12  # periods in a stream that its customer filled well
_SLACK = 60 * RATE  # what flows in the blocks between
_STREAMING, _PAUSED, _VOIDED = 1, (3, 4), 5
_PREPAID = "money that stays in the customer's wallet, a price that the merchant sets, a trial"
_DEBT = f"{_PREPAID}, no debt for missed periods"


def measure(money: Money, reader: Reader) -> list[PeerFigure]:
    sablier = _Sablier(money)
    sablier.stream("first customer", _FILLED)
    return [*_charged(sablier, reader), *_changed(sablier), *_ended(sablier)]


class _Sablier:
    """Flow, with a merchant who is paid through it."""

    def __init__(self, money: Money) -> None:
        self.peer = f"Sablier Flow {packages.version_of(PACKAGE)}"
        self.money, self.chain, self.merchant = money, money.chain, money.merchant
        self.flow = _flow(self.chain)

    def stream(self, label: str, periods: int) -> tuple[ChecksumAddress, int, int]:
        """A customer with a stream that holds so many periods, its id, and the gas."""
        customer = self.money.customer(f"sablier {label}", self.flow)
        return customer, *self.filled(customer, periods)

    def filled(self, customer: str, periods: int) -> tuple[int, int]:
        """The id of another stream of a customer, and the gas."""
        flow, paid = self.flow, periods * PRICE
        stream: int = flow.call("nextStreamId")
        order = (customer, self.merchant, RATE, 0, self.money.token.address, True, paid)
        with self.money.moving(self.peer, {customer: -paid, flow.address: paid}):
            gas = flow.send(customer, "createAndDeposit", *order).gas
        self.expect(stream, _STREAMING)
        return stream, gas

    def running(self, label: str) -> tuple[ChecksumAddress, int]:
        """A customer, and a stream of theirs that the merchant has drawn from and left some in."""
        customer, stream, _ = self.stream(label, _FILLED)
        self.chain.wait(PERIOD)
        with self.money.moving(self.peer, {self.merchant: PRICE, self.flow.address: -PRICE}):
            self.flow.send(self.merchant, "withdraw", stream, self.merchant, PRICE)
        return customer, stream

    def expect(self, stream: int, *states: int) -> None:
        """
        Raises:
            BenchError: The stream is in none of these states.
        """
        state = self.flow.call("statusOf", stream)
        if state not in states:
            raise BenchError(f"{self.peer}: the stream is in state {state}, not {states}")

    def drawn(self, stream: int, *, least: int = PRICE) -> int:
        """Gas of the merchant's drawing all that has flowed in a period."""
        before = self.money.balance(self.merchant)
        gas = self.flow.send(self.merchant, "withdrawMax", stream, self.merchant).gas
        if not least <= self.money.balance(self.merchant) - before <= least + _SLACK:
            raise BenchError(f"{self.peer}: the merchant did not get what had flowed")
        return gas

    def drawn_at_once(self, calls: list[bytes], least: int) -> int:
        """Gas of the merchant's drawing from many streams, from each at least so much."""
        before = self.money.balance(self.merchant)
        gas = self.flow.send(self.merchant, "batch", calls).gas
        brought, many = self.money.balance(self.merchant) - before, len(calls)
        if not many * least <= brought <= many * (least + _SLACK):
            raise BenchError(f"{self.peer}: a batch did not bring what had flowed in all streams")
        return gas


def _flow(chain: Chain) -> Contract:
    admin = chain.actor("sablier admin")
    terms = (admin, 0, 0, 0, 0, _NOBODY)
    logic = packages.shipped(COMPTROLLER, "artifacts/SablierComptroller.json")
    comptroller = behind_proxy(chain, admin, logic, terms, admin).address
    descriptor = chain.deploy(_artifact("FlowNFTDescriptor"), admin).address
    return chain.deploy(_artifact("SablierFlow"), admin, comptroller, descriptor)


def _artifact(name: str) -> Artifact:
    return packages.shipped(PACKAGE, f"artifacts/{name}.json")


def _charged(sablier: _Sablier, reader: Reader) -> list[PeerFigure]:
    flow, chain, peer, merchant = sablier.flow, sablier.chain, sablier.peer, sablier.merchant
    customer, monthly, created = sablier.stream("customer who pays each period", 1)
    _, filled, _ = sablier.stream("customer who has paid for a year", _FILLED)
    many = [sablier.stream(f"customer {n} of many", _FILLED)[1] for n in range(CHARGES)]
    calls = [flow.calldata("withdrawMax", (stream, merchant)) for stream in many]
    asked = reader.gas(flow, "statusOf", filled)
    chain.wait(PERIOD)
    flow.send(merchant, "batch", [*calls, flow.calldata("withdrawMax", (filled, merchant))])
    sablier.drawn(monthly)
    with sablier.money.moving(peer, {customer: -PRICE, flow.address: PRICE}):
        deposited = flow.send(customer, "deposit", monthly, PRICE, customer, merchant).gas
    chain.wait(PERIOD)

    drawn = sablier.drawn(filled)
    sablier.drawn(filled, least=0)
    drawn_monthly = sablier.drawn(monthly)
    batch = sablier.drawn_at_once(calls, PRICE)
    sablier.drawn_at_once(calls, 0)
    missing = flow.calldata("withdrawMax", (flow.call("nextStreamId"), merchant))
    flow.refuses(merchant, "batch", [*calls, missing])
    with sablier.money.moving(peer, {customer: -2 * PRICE, flow.address: 2 * PRICE}):
        flow.send(customer, "deposit", monthly, PRICE, customer, merchant)
        sablier.filled(customer, 1)

    since, again = "draws what has flowed since", "fills again"
    made = "makes another"
    yearly_peer, monthly_peer = f"{peer}, filled before", f"{peer}, filled each period"
    both, gas = "deposit + withdrawMax", deposited + drawn_monthly
    many_at_once = ("batch of withdrawMax", batch, f"{_DEBT}, others that go on when one fails")
    state = "whether the period is paid: it says whether the stream runs"
    return [
        PeerFigure(Operation.SUBSCRIBE, peer, "createAndDeposit", created, _PREPAID, made),
        PeerFigure(Operation.CHARGE, yearly_peer, "withdrawMax", drawn, _DEBT, since),
        PeerFigure(Operation.CHARGE, monthly_peer, both, gas, _DEBT, again),
        PeerFigure(Operation.CHARGE_BATCH, yearly_peer, *many_at_once, since, CHARGES),
        PeerFigure(Operation.IN_FORCE_ASKED, peer, "statusOf", asked, state, ""),
    ]


def _changed(sablier: _Sablier) -> list[PeerFigure]:
    flow, peer = sablier.flow, sablier.peer
    customer, stream = sablier.running("customer who changes")
    adjusted = flow.send(customer, "adjustRatePerSecond", stream, 2 * RATE).gas
    if flow.call("getRatePerSecond", stream) != 2 * RATE:
        raise BenchError(f"{peer}: the rate is not the new one")
    flow.refuses(customer, "adjustRatePerSecond", stream, 2 * RATE)

    customer, stream = sablier.running("customer who pauses")
    paused = flow.send(customer, "pause", stream).gas
    sablier.expect(stream, *_PAUSED)
    flow.refuses(customer, "pause", stream)
    restarted = flow.send(customer, "restart", stream, RATE).gas
    sablier.expect(stream, _STREAMING)
    flow.refuses(customer, "restart", stream, RATE)
    plan = "plans of the merchant, proration of what is paid"
    limit = "a limit to pauses"
    call = "adjustRatePerSecond"
    return [
        PeerFigure(Operation.CHANGE_PLAN, peer, call, adjusted, plan, REFUSED),
        PeerFigure(Operation.PAUSE, peer, "pause", paused, limit, REFUSED),
        PeerFigure(Operation.RESUME, peer, "restart", restarted, limit, REFUSED),
    ]


def _ended(sablier: _Sablier) -> list[PeerFigure]:
    flow, peer, money = sablier.flow, sablier.peer, sablier.money
    customer, stream = sablier.running("customer who cancels")
    voided = flow.send(customer, "void", stream).gas
    sablier.expect(stream, _VOIDED)
    flow.refuses(customer, "void", stream)
    before = money.balance(customer)
    rest = flow.send(customer, "refundMax", stream).gas
    left = (_FILLED - 1) * PRICE
    if not left - _SLACK <= money.balance(customer) - before <= left:
        raise BenchError(f"{peer}: what had not flowed did not come back")
    flow.refuses(customer, "refundMax", stream)

    customer, stream = sablier.running("customer who takes some back")
    with money.moving(peer, {customer: 2 * PRICE, flow.address: -2 * PRICE}):
        refunded = flow.send(customer, "refund", stream, PRICE).gas
        flow.send(customer, "refund", stream, PRICE)
    stays = "the money back: what has not flowed stays in the stream"
    period = "the period that is paid: it ends at once"
    flowed = "a refund of what the merchant was paid: only what has not flowed comes back"
    both, gas = "void + refundMax", voided + rest
    return [
        PeerFigure(Operation.CANCEL, peer, "void", voided, stays, REFUSED),
        PeerFigure(Operation.CANCEL, peer, both, gas, period, REFUSED),
        PeerFigure(Operation.CHARGE_REFUND, peer, "refund", refunded, flowed, "refunds again"),
    ]
