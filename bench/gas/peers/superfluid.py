"""Superfluid: money is wrapped first, and then flows each second without a transaction.

Deployed in the steps of the framework deployer that the package ships for local chains, which is
itself too large to be deployed: without proxies around the host and the agreements, which saves
what production pays for them, and without pools. What is wrapped is the token that all are paid in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from bench.gas import packages
from bench.gas.chain import Chain, Contract
from bench.gas.figures import REFUSED, Operation, PeerFigure
from bench.gas.money import PERIOD, PRICE, RATE, Money
from bench.gas.packages import Artifact, BenchError
from bench.gas.reading import Reader

PACKAGE = "@superfluid-finance/ethereum-contracts"
_NOBODY = "0x" + 40 * "0"
_FILLED = 12  # periods that a customer wraps who means to stay
# As the framework deployer has them: seconds, and gas of a callback.
_LIQUIDATION, _PATRICIAN, _CALLBACK = 4 * 3_600, 30 * 60, 3_000_000
_ERC1820_SENDER = "0xa990077c3205cbDf861e17Fa532eeB069cE9fF96"
_REWARDS = "0x" + 38 * "0" + "45"
_SEMI_UPGRADABLE = 1
_UPGRADE, _CALL_AGREEMENT = 101, 201  # operations of a batch
_WRAPPER = "createERC20Wrapper(address,uint8,string,string)"
_WRAPPED = "money in the customer's own token: it is wrapped, with a deposit"


def measure(money: Money, reader: Reader) -> list[PeerFigure]:
    superfluid = _Superfluid(money)
    for label in ("first customer", "second customer"):  # who settles the merchant's balance
        superfluid.flowing(label)
    return [*_charged(superfluid, reader), *_changed(superfluid)]


class _Superfluid:
    """Host, agreements and the wrapped token, with a merchant who is paid by flows."""

    def __init__(self, money: Money) -> None:
        self.peer = f"Superfluid {packages.version_of(PACKAGE)}"
        self.money, self.chain, self.merchant = money, money.chain, money.merchant
        self._admin = self.chain.actor("superfluid admin")
        _erc1820(self.chain)
        governance = self._deploy("utils/TestGovernance")
        self.host = self._host(governance)
        self.cfa = self._agreements(governance)
        self.forwarder = self._deploy("utils/CFAv1Forwarder", self.host.address)
        trusted = (self.host.address, _NOBODY, self.forwarder.address)
        governance.send(self._admin, "enableTrustedForwarder", *trusted)
        self.token = self._token(governance)

    def wrapped(self, label: str) -> tuple[ChecksumAddress, int]:
        """A customer who has wrapped for the first time, and the gas."""
        customer = self.money.customer(f"superfluid {label}", self.token)
        return customer, self.wrap(customer, _FILLED)

    def wrap(self, customer: str, periods: int = 1) -> int:
        """Gas of wrapping so many periods' price."""
        paid, held = periods * PRICE, self.token.call("balanceOf", customer)
        with self.money.moving(self.peer, {customer: -paid, self.token.address: paid}):
            gas = self.token.send(customer, "upgrade", paid).gas
        # A flow that runs takes from it in the blocks between.
        if not 0 <= held + paid - self.token.call("balanceOf", customer) <= 10 * RATE:
            raise BenchError(f"{self.peer}: what was wrapped is not there")
        return gas

    def agreed(self, customer: str, function: str, *terms: Any) -> int:
        """Gas of a call of the flow agreement, by the host."""
        call = self.cfa.calldata(function, (self.token.address, *terms, b""))
        return self.host.send(customer, "callAgreement", self.cfa.address, call, b"").gas

    def refuses(self, customer: str, function: str, *terms: Any) -> None:
        """
        Raises:
            BenchError: The host did it, where the table says that it reverts.
        """
        call = self.cfa.calldata(function, (self.token.address, *terms, b""))
        self.host.refuses(customer, "callAgreement", self.cfa.address, call, b"")

    def flowing(self, label: str) -> ChecksumAddress:
        """A customer from whom a period's price flows in a period."""
        customer, _ = self.wrapped(label)
        self.agreed(customer, "createFlow", self.merchant, RATE)
        self.expect(customer, RATE)
        return customer

    def expect(self, customer: str, rate: int) -> None:
        """
        Raises:
            BenchError: Another rate flows to the merchant.
        """
        if self.forwarder.call("getFlowrate", *self.pair(customer)) != rate:
            raise BenchError(f"{self.peer}: the flow is not of the rate that was agreed")

    def pair(self, customer: str) -> tuple[str, str, str]:
        return self.token.address, customer, self.merchant

    def _deploy(
        self, place: str, *arguments: Any, links: Mapping[str, str] | None = None
    ) -> Contract:
        return self.chain.deploy(_artifact(place, links), self._admin, *arguments)

    def _host(self, governance: Contract) -> Contract:
        relays = ("utils/SimpleForwarder", "utils/ERC2771Forwarder")
        simple, meta = (self._deploy(place) for place in relays)
        acl = self._deploy("utils/SimpleACL")
        settings = (True, False, _CALLBACK, simple.address, meta.address, acl.address)
        host = self._deploy("superfluid/Superfluid", *settings)
        for relay in (simple, meta):
            relay.send(self._admin, "transferOwnership", host.address)
        host.send(self._admin, "initialize", governance.address)
        terms = (host.address, _REWARDS, _LIQUIDATION, _PATRICIAN)
        governance.send(self._admin, "initialize", *terms, [])
        return host

    def _agreements(self, governance: Contract) -> Contract:
        """All three, since a balance asks each; returned is that of flows."""
        host = self.host.address
        bitmap = self._deploy("libs/SlotsBitmapLibrary").address
        pools = self._deploy("agreements/gdav1/SuperfluidPoolDeployerLibrary").address
        pool = self._deploy("agreements/gdav1/SuperfluidPool", _NOBODY).address
        beacon = self._deploy("upgradability/SuperfluidUpgradeableBeacon", pool).address
        links = {"SlotsBitmapLibrary": bitmap, "SuperfluidPoolDeployerLibrary": pools}
        flows = self._deploy("agreements/ConstantFlowAgreementV1", host)
        shares = self._deploy("agreements/InstantDistributionAgreementV1", host, links=links)
        place = "agreements/gdav1/GeneralDistributionAgreementV1"
        general = self._deploy(place, host, beacon, links=links)
        for agreement in (flows, shares, general):
            governance.send(self._admin, "registerAgreementClass", host, agreement.address)
        return flows

    def _token(self, governance: Contract) -> Contract:
        host = self.host.address
        logic = self._deploy("superfluid/SuperToken", host, _NOBODY)
        made = (host, logic.address, _NOBODY, _NOBODY)
        maker = self._deploy("superfluid/SuperTokenFactory", *made)
        governance.send(self._admin, "updateContracts", host, _NOBODY, [], maker.address, _NOBODY)
        factory = self.chain.at(_artifact("superfluid/SuperTokenFactory"), maker.address)
        order = (self.money.token.address, _SEMI_UPGRADABLE, "Wrapped points", "PTSx")
        address = factory.call(_WRAPPER, *order)  # where it will be
        factory.send(self._admin, _WRAPPER, *order)
        return self.chain.at(_artifact("superfluid/SuperToken"), address)


def _artifact(place: str, links: Mapping[str, str] | None = None) -> Artifact:
    name = place.rpartition("/")[2]
    return packages.shipped(PACKAGE, f"build/hardhat/contracts/{place}.sol/{name}.json", links)


def _erc1820(chain: Chain) -> None:
    """The registry of ERC-1820 by its one transaction, which nobody has the key of."""
    code = packages.document(PACKAGE, "dev-scripts/artifacts/ERC1820Registry.json")["bin"]
    chain.fund(to_checksum_address(_ERC1820_SENDER))
    signature = "1ba0" + 16 * "1820" + "a0" + 16 * "1820"
    signed = "f90a388085174876e800830c35008080b909e5" + code.removeprefix("0x") + signature
    chain.broadcast(bytes.fromhex(signed))


def _charged(superfluid: _Superfluid, reader: Reader) -> list[PeerFigure]:
    peer, token, merchant = superfluid.peer, superfluid.token, superfluid.merchant
    customer, first_wrap = superfluid.wrapped("customer who wraps first")
    created = superfluid.agreed(customer, "createFlow", merchant, RATE)
    superfluid.expect(customer, RATE)
    superfluid.refuses(customer, "createFlow", merchant, RATE)
    at_once = _at_once(superfluid)
    asked = reader.gas(superfluid.forwarder, "getFlowrate", *superfluid.pair(customer))

    held = token.call("balanceOf", merchant)
    superfluid.chain.wait(PERIOD)
    if token.call("balanceOf", merchant) < held + PRICE:
        raise BenchError(f"{peer}: a period's price has not flowed to the merchant")
    wrap = superfluid.wrap(customer)
    with superfluid.money.moving(peer, {merchant: 2 * PRICE, token.address: -2 * PRICE}):
        token.send(merchant, "downgrade", PRICE)
        unwrapped = token.send(merchant, "downgrade", PRICE).gas
    before, monthly = f"{peer}, wrapped before", f"{peer}, wrapped each period"
    apart, both = "upgrade + createFlow", "upgrade + downgrade"
    state = "whether the customer has money left"
    kept = f"{_WRAPPED}, the merchant's in it too, a charge that can fail and be tried again"
    return [
        PeerFigure(Operation.WRAP, peer, "upgrade", first_wrap, "", "wraps more"),
        PeerFigure(Operation.SUBSCRIBE, peer, apart, first_wrap + created, _WRAPPED, REFUSED),
        PeerFigure(Operation.SUBSCRIBE, peer, "batchCall", at_once, _WRAPPED, REFUSED),
        PeerFigure(Operation.CHARGE, before, "no transaction", 0, kept, ""),
        PeerFigure(Operation.CHARGE, monthly, both, wrap + unwrapped, _WRAPPED, "does it again"),
        PeerFigure(Operation.IN_FORCE_ASKED, peer, "getFlowrate", asked, state, ""),
    ]


def _at_once(superfluid: _Superfluid) -> int:
    """Gas of wrapping a year's price and starting the flow in one transaction."""
    customer = superfluid.money.customer("superfluid customer of a batch", superfluid.token)
    terms = (superfluid.token.address, superfluid.merchant, RATE, b"")
    call = superfluid.cfa.calldata("createFlow", terms)
    operations = [
        (_UPGRADE, superfluid.token.address, encode(["uint256"], [_FILLED * PRICE])),
        (_CALL_AGREEMENT, superfluid.cfa.address, encode(["bytes", "bytes"], [call, b""])),
    ]
    gas = superfluid.host.send(customer, "batchCall", operations).gas
    superfluid.expect(customer, RATE)
    superfluid.host.refuses(customer, "batchCall", operations)
    return gas


def _changed(superfluid: _Superfluid) -> list[PeerFigure]:
    peer, merchant = superfluid.peer, superfluid.merchant
    customer = superfluid.flowing("customer who changes")
    updated = superfluid.agreed(customer, "updateFlow", merchant, 2 * RATE)
    superfluid.agreed(customer, "updateFlow", merchant, 2 * RATE)
    superfluid.expect(customer, 2 * RATE)
    deleted = superfluid.agreed(customer, "deleteFlow", customer, merchant)
    superfluid.expect(customer, 0)
    superfluid.refuses(customer, "deleteFlow", customer, merchant)
    plan = "plans of the merchant, proration of what is paid"
    period = "the money in the customer's own token: it stays wrapped"
    return [
        PeerFigure(Operation.CHANGE_PLAN, peer, "updateFlow", updated, plan, "sets the same again"),
        PeerFigure(Operation.CANCEL, peer, "deleteFlow", deleted, period, REFUSED),
    ]
