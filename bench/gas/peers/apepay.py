"""ApePay: the customer fills a stream of the merchant's manager, and anyone draws for the merchant.

The manager comes from ApePay's factory, which hands tokens and validators on in each other's place:
a manager that works has to be ordered the wrong way round. The one validator is the cheapest that
ApePay ships: a product is its own price a second.
"""

from __future__ import annotations

from eth_typing import ChecksumAddress

from bench.gas import packages
from bench.gas.chain import Contract
from bench.gas.figures import REFUSED, Operation, PeerFigure
from bench.gas.money import PERIOD, PRICE, RATE, Money
from bench.gas.packages import Artifact, BenchError
from bench.gas.reading import Reader

PACKAGE = "apepay"
_PRODUCT = RATE.to_bytes(32)
_FILLED = 12  # periods in a stream that its customer filled well
_CREATE = "create_stream(address,uint256,bytes32[])"
_FUND = "fund_stream(uint256,uint256)"
_CANCEL = "cancel_stream(uint256)"
_MANAGER = "create(address[],address[])"
_PREPAID = "money that stays in the customer's wallet, a trial, a cap on the price of later periods"


def measure(money: Money, reader: Reader) -> list[PeerFigure]:
    apepay = _ApePay(money)
    apepay.stream("first stream")
    return [*_opened(apepay), *_charged(apepay, reader), *_ended(apepay)]


class _ApePay:
    """The factory, and the merchant's manager."""

    def __init__(self, money: Money) -> None:
        self.peer = f"ApePay {packages.pypi_version_of(PACKAGE)}"
        self.money, self.chain, self.merchant = money, money.chain, money.merchant
        admin = self.chain.actor("apepay admin")
        blueprint = self.chain.deploy(_blueprint(_artifact("StreamManager")), admin)
        self._factory = self.chain.deploy(_artifact("StreamFactory"), admin, blueprint.address)
        self._validator = self.chain.deploy(_artifact("TestValidator"), admin)
        self.manager, _ = self.opened(self.merchant)

    def opened(self, controller: str) -> tuple[Contract, int]:
        """A manager, and the gas of it."""
        token, validator = self.money.token.address, self._validator.address
        gas = self._factory.send(controller, _MANAGER, [validator], [token]).gas
        address = self._factory.call("deployments", controller)
        manager = self.chain.at(_artifact("StreamManager"), address)
        if not manager.call("token_is_accepted", token):
            raise BenchError(f"{self.peer}: the manager does not accept the token")
        if manager.call("validators", 0) != validator.lower():
            raise BenchError(f"{self.peer}: the manager does not ask the validator")
        return manager, gas

    def refuses_another(self, controller: str) -> None:
        """
        Raises:
            BenchError: An account got a second manager.
        """
        orders = [self._validator.address], [self.money.token.address]
        self._factory.refuses(controller, _MANAGER, *orders)

    def stream(self, label: str, periods: int = 1) -> tuple[ChecksumAddress, int, int]:
        """A customer with a stream that holds so many periods, its id, and the gas."""
        customer = self.money.customer(f"apepay {label}", self.manager)
        return customer, *self.filled(customer, periods)

    def filled(self, customer: str, periods: int) -> tuple[int, int]:
        """The id of another stream of a customer, and the gas."""
        manager, paid = self.manager, periods * PRICE
        stream: int = manager.call("num_streams")
        with self.money.moving(self.peer, {customer: -paid, manager.address: paid}):
            order = (self.money.token.address, paid, [_PRODUCT])
            gas = manager.send(customer, _CREATE, *order).gas
        self.left(stream, periods * PERIOD)
        return stream, gas

    def left(self, stream: int, seconds: int) -> None:
        """
        Raises:
            BenchError: Another time is left in the stream.
        """
        if self.manager.call("time_left", stream) != seconds:
            raise BenchError(f"{self.peer}: the stream does not last as long as it was paid for")

    def drawn(self, who: str, function: str, stream: int, *arguments: int) -> tuple[int, int]:
        """What a call brought the merchant, and the gas."""
        before = self.money.balance(self.merchant)
        gas = self.manager.send(who, function, stream, *arguments).gas
        return self.money.balance(self.merchant) - before, gas


def _artifact(name: str) -> Artifact:
    return packages.manifested(PACKAGE, name)


def _blueprint(artifact: Artifact) -> Artifact:
    """The code as ERC-5202 keeps it for a factory: after a preamble that never runs."""
    kept = bytes.fromhex("fe7100" + artifact.creation.removeprefix("0x"))
    deployer = bytes.fromhex("61") + len(kept).to_bytes(2) + bytes.fromhex("3d81600a3d39f3")
    return Artifact(f"blueprint of {artifact.name}", [], "0x" + (deployer + kept).hex())


def _opened(apepay: _ApePay) -> list[PeerFigure]:
    other = apepay.chain.actor("apepay other merchant")
    _, gas = apepay.opened(other)
    apepay.refuses_another(other)
    without = "more than one plan for each account: prices are a validator's, a contract more"
    return [PeerFigure(Operation.PLAN, apepay.peer, "create", gas, without, REFUSED)]


def _charged(apepay: _ApePay, reader: Reader) -> list[PeerFigure]:
    manager, peer = apepay.manager, apepay.peer
    _, filled, created = apepay.stream("customer who has paid for a year", _FILLED)
    asked = reader.gas(manager, "time_left", filled)
    customer, monthly, _ = apepay.stream("customer who pays each period")
    apepay.filled(customer, 1)
    keeper = apepay.chain.actor("apepay keeper")
    # Before the stream is empty, or it could not be filled any more.
    apepay.chain.wait(PERIOD - 3_600)

    brought, claimed = apepay.drawn(keeper, "claim_stream", filled)
    _near(apepay, brought)
    again, _ = apepay.drawn(keeper, "claim_stream", filled)
    if again > 10 * RATE:
        raise BenchError(f"{peer}: a repeated claim brought more than had flowed since")
    with apepay.money.moving(peer, {customer: -PRICE}):
        brought, funded = apepay.drawn(customer, _FUND, monthly, PRICE)
    _near(apepay, brought)
    with apepay.money.moving(peer, {customer: -PRICE}):
        manager.send(customer, _FUND, monthly, PRICE)
    state = "whether what it holds is drawn, and why it has ended"
    return [
        PeerFigure(Operation.SUBSCRIBE, peer, "create_stream", created, _PREPAID, "makes another"),
        PeerFigure(
            Operation.CHARGE,
            f"{peer}, filled before",
            "claim_stream",
            claimed,
            _PREPAID,
            "draws what has flowed since",
        ),
        PeerFigure(
            Operation.CHARGE,
            f"{peer}, filled each period",
            "fund_stream",
            funded,
            f"{_PREPAID}, a charge without the customer's transaction",
            "fills again",
        ),
        PeerFigure(Operation.IN_FORCE_ASKED, peer, "time_left", asked, state, ""),
    ]


def _near(apepay: _ApePay, brought: int) -> None:
    """
    Raises:
        BenchError: Other than a period, less its last hour, has flowed to the merchant.
    """
    if abs(PRICE - 3_600 * RATE - brought) > 60 * RATE:
        raise BenchError(f"{apepay.peer}: the merchant did not get what had flowed")


def _ended(apepay: _ApePay) -> list[PeerFigure]:
    manager, peer, money = apepay.manager, apepay.peer, apepay.money
    customer, stream, _ = apepay.stream("customer who cancels")
    apepay.chain.wait(7_200)  # a stream cannot be cancelled in its first hour
    before = money.balance(customer)
    cancelled = manager.send(customer, _CANCEL, stream).gas
    if abs(PRICE - 7_200 * RATE - (money.balance(customer) - before)) > 60 * RATE:
        raise BenchError(f"{peer}: a cancellation did not give back what had not flowed")
    apepay.left(stream, 0)
    manager.refuses(customer, _CANCEL, stream)
    period = "the period that is paid: it ends at once; cancelling in the first hour"
    return [PeerFigure(Operation.CANCEL, peer, "cancel_stream", cancelled, period, REFUSED)]
