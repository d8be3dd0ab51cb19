"""What a programme costs: gas and money for each operation and a month, on a named network.

Gas is measured: ``gas.json`` of this package comes from the gas bench. Money is gas times the
network's fee, plus, on a rollup, what it charges for putting the transaction's data on Ethereum:

- OP Stack (Base, OP Mainnet): the Fjord formula over the FastLZ length of the signed transaction.
  Specification: specs.optimism.io, Fjord execution engine, "L1-Cost fees".
- Arbitrum: 16 gas of Ethereum for each byte after compression, at the price that the chain itself
  keeps. Source: docs.arbitrum.io, parent chain pricing. Brotli is stood in for by zlib, and ids
  and references are random, so that little compresses either way.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from rapport import artifacts, units
from rapport.chain import Chain
from rapport.errors import InputError, RapportError
from rapport.fastlz import compressed_length

_PACKAGE = Path(__file__).parent
_EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)

# Beside the calldata, a signed EIP-1559 transaction holds about so many bytes: type, chain id,
# nonce, fees, gas, address and list headers; then r, s and parity.
_ENVELOPE = 45
_SIGNATURE = 67

_OP_INTERCEPT = -42_585_600
_OP_COEFFICIENT = 836_500
_OP_MINIMUM = 100  # bytes
_OP_ORACLE = "0x420000000000000000000000000000000000000F"
_OP_GETTERS = ("l1BaseFee()", "blobBaseFee()", "baseFeeScalar()", "blobBaseFeeScalar()")
_ARBITRUM_GAS_INFO = "0x000000000000000000000000000000000000006C"
_GAS_PER_BYTE = 16

# Operation -> its title in the gas bench, and the gas to plan with until it was measured.
_OPERATIONS = {
    "register": ("register a customer", 50_000),
    "registerBatch": ("register, each of 100", 26_000),
    "earn": ("earn by rule, existing customer", 90_000),
    "earnBatch": ("earn by rule, each of 100, existing", 50_000),
    "settle": ("settle a pending award", 45_000),
    "settleBatch": ("settle, each of 100", 18_000),
    "reverse": ("reverse for a part returned, by rule", 60_000),
    "redeem": ("redeem, by the issuer", 75_000),
    "pay": ("pay an order", 80_000),
    "charge": ("charge a period", 62_000),
    "chargeBatch": ("charge a period, each of 100", 30_000),
}


@dataclass(frozen=True, slots=True)
class Network:
    """A chain and what it charges. Fees are wei per gas; scalars as the OP Stack has them."""

    name: str
    title: str
    chain_id: int
    coin: str
    data_fee: str  # "none", "op-stack" or "arbitrum"
    fee: int
    l1_base_fee: int = 0
    l1_blob_fee: int = 0
    base_scalar: int = 0
    blob_scalar: int = 0
    source: str = ""  # where the fees come from

    def data_cost(self, calldata: bytes) -> int:
        """Wei for the data of one transaction, beyond its gas."""
        if self.data_fee == "op-stack":
            size = compressed_length(_noise(_ENVELOPE) + calldata + _noise(_SIGNATURE))
            scaled = max(_OP_MINIMUM * 10**6, _OP_INTERCEPT + _OP_COEFFICIENT * size)
            price = (
                self.base_scalar * self.l1_base_fee * _GAS_PER_BYTE
                + self.blob_scalar * self.l1_blob_fee
            )
            return scaled * price // 10**12
        if self.data_fee == "arbitrum":
            size = len(zlib.compress(_noise(_ENVELOPE) + calldata + _noise(_SIGNATURE), 1))
            return _GAS_PER_BYTE * size * self.l1_base_fee
        return 0


@dataclass(frozen=True, slots=True)
class Line:
    """One operation: how often a month, and what one and all of them cost."""

    operation: str
    times: int
    gas: int
    coin: Decimal  # whole native coins, each
    coin_a_month: Decimal
    money: Decimal | None
    money_a_month: Decimal | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a programme costs a month, and once for registering its customers."""

    network: str
    chain_id: int
    fee_gwei: Decimal
    fee_source: str
    gas_source: str
    coin: str
    currency: str
    native_price: Decimal | None
    batch: int
    once: tuple[Line, ...]
    monthly: tuple[Line, ...]
    coin_a_month: Decimal
    money_a_month: Decimal | None
    money_an_order: Decimal | None


@dataclass(frozen=True, slots=True)
class Programme:
    """
    What happens in a programme: customers, and counts a month. Payments are orders that are paid on
    the chain, subscriptions those that are charged there.
    """

    customers: int
    orders: int
    redemptions: int = 0
    returns: int = 0
    batch: int = 100
    pending: bool = True  # points wait out a return window, and are settled after it
    payments: int = 0
    subscriptions: int = 0


def networks() -> dict[str, Network]:
    """The named networks, with fees to plan with and their date."""
    return {name: _network(name, each) for name, each in _presets()["networks"].items()}


def network(name: str) -> Network:
    """
    A network by name.

    Raises:
        InputError: It is not among the named ones.
    """
    try:
        return networks()[name]
    except KeyError:
        known = ", ".join(networks())
        raise InputError(f"no network {name!r}; known: {known}") from None


def live(preset: Network, chain: Chain) -> Network:
    """
    The network with the fees that ``chain`` asks for now. A chain that is not the preset's gives
    its gas price only.

    Raises:
        RpcError, Timeout: The node does not answer.
    """
    fees = chain.fees()
    changed: dict[str, Any] = {"fee": fees.base_fee + fees.priority_fee, "source": "the chain, now"}
    if chain.chain_id == preset.chain_id:
        try:
            changed |= _data_prices(preset, chain)
        except RapportError:
            changed["source"] = "the chain, now; data prices assumed"
    elif preset.data_fee != "none":
        changed["source"] = f"chain {chain.chain_id}, now; data prices of {preset.title} assumed"
    return replace(preset, **changed)


def with_fee(preset: Network, fee_gwei: Decimal) -> Network:
    """The network at a given fee, gwei per gas."""
    return replace(preset, fee=units.to_base(fee_gwei, 9), source="given")


def estimate(
    programme: Programme,
    on: Network,
    *,
    native_price: Decimal | None = None,
    currency: str = "USD",
) -> Estimate:
    """
    What ``programme`` costs on a network. ``native_price`` is money for one native coin.

    Raises:
        InputError: A count is negative, or the batch is not 1 to 300.
    """
    counts = ("customers", "orders", "redemptions", "returns", "payments", "subscriptions")
    for name in counts:
        if getattr(programme, name) < 0:
            raise InputError(f"{name} must be 0 or more, met {getattr(programme, name)}")
    if not 1 <= programme.batch <= 300:
        raise InputError(f"a batch holds 1 to 300, met {programme.batch}")
    gas, source = measured_gas()

    def line(title: str, function: str, times: int, batch: int) -> Line:
        key = function + "Batch" if batch > 1 else function
        each = gas[key]
        data = -(-on.data_cost(_calldata(function, batch)) // batch)
        wei = each * on.fee + data
        coin = units.ether(wei)
        money = None if native_price is None else _EXACT.multiply(coin, native_price)
        return Line(
            title,
            times,
            each,
            coin,
            coin * times,
            money,
            None if money is None else _EXACT.multiply(money, Decimal(times)),
        )

    once = (line("register a customer", "register", programme.customers, programme.batch),)
    monthly = [line("record an order", "earn", programme.orders, programme.batch)]
    if programme.pending:
        monthly.append(line("settle an award", "settle", programme.orders, programme.batch))
    if programme.redemptions:
        monthly.append(line("redeem points", "redeem", programme.redemptions, 1))
    if programme.returns:
        monthly.append(line("reverse an order", "reverse", programme.returns, 1))
    if programme.payments:
        monthly.append(line("pay an order", "pay", programme.payments, 1))
    if programme.subscriptions:
        charges = programme.subscriptions
        monthly.append(line("charge a subscription", "charge", charges, programme.batch))
    total = sum((each.coin_a_month for each in monthly), Decimal(0))
    money = None if native_price is None else _EXACT.multiply(total, native_price)
    return Estimate(
        network=on.title,
        chain_id=on.chain_id,
        fee_gwei=units.gwei(on.fee),
        fee_source=on.source,
        gas_source=source,
        coin=on.coin,
        currency=currency,
        native_price=native_price,
        batch=programme.batch,
        once=once,
        monthly=tuple(monthly),
        coin_a_month=total,
        money_a_month=money,
        money_an_order=(
            None
            if money is None or not programme.orders
            else _EXACT.divide(money, Decimal(programme.orders))
        ),
    )


def measured_gas() -> tuple[dict[str, int], str]:
    """Gas by operation (a batch's is for each of its items), and where the figures come from."""
    try:
        record = json.loads((_PACKAGE / "gas.json").read_text("utf-8"))
    except FileNotFoundError:
        record = {"gas": {}}
    found: dict[str, int] = record["gas"]
    absent = [name for name, (title, _) in _OPERATIONS.items() if title not in found]
    source = f"measured {record.get('measured', '')}".strip()
    if len(absent) == len(_OPERATIONS):
        source = "planned; nothing was measured for this version"
    elif absent:
        source += f"; planned for {', '.join(absent)}"
    return {name: found.get(title, plan) for name, (title, plan) in _OPERATIONS.items()}, source


def _data_prices(preset: Network, chain: Chain) -> dict[str, Any]:
    if preset.data_fee == "op-stack":
        names = ("l1_base_fee", "l1_blob_fee", "base_scalar", "blob_scalar")
        answers = (_ask(chain, _OP_ORACLE, each) for each in _OP_GETTERS)
        return dict(zip(names, answers, strict=True))
    if preset.data_fee == "arbitrum":
        return {"l1_base_fee": _ask(chain, _ARBITRUM_GAS_INFO, "getL1BaseFeeEstimate()")}
    return {}


def _ask(chain: Chain, address: str, signature: str) -> int:
    answer = chain.simulate(address, keccak(text=signature)[:4])
    if len(answer) != 32:
        raise InputError(f"{signature} at {address} answered with {len(answer)} bytes")
    return int.from_bytes(answer, "big")


@cache
def _calldata(function: str, batch: int) -> bytes:
    """Calldata of a typical call, with ids and references as random as they are."""
    ids = [_noise(32, f"id{i}") for i in range(batch)]
    refs = [_noise(32, f"ref{i}") for i in range(batch)]
    asset = b"USD".ljust(32, b"\0")
    arguments: dict[str, tuple[str, str, tuple[Any, ...], tuple[Any, ...]]] = {
        "register": ("CustomerRegistry", "registerBatch", (ids[0], refs[0]), (ids, refs[0])),
        "award": (
            "LoyaltyPoints",
            "awardBatch",
            (ids[0], refs[0], 500, 0),
            ([(i, r, 500) for i, r in zip(ids, refs, strict=True)], 0),
        ),
        "earn": (
            "EarnRules",
            "earnBatch",
            (ids[0], refs[0], asset, 4_999),
            ([(i, r, asset, 4_999) for i, r in zip(ids, refs, strict=True)],),
        ),
        "settle": ("LoyaltyPoints", "settleBatch", (ids[0], refs[0]), (ids, refs)),
        "redeem": ("LoyaltyPoints", "", (ids[0], refs[0], 500), ()),
        "reverse": ("EarnRules", "", (ids[0], refs[0], asset, 4_999, 4_999), ()),
        "pay": ("Payments", "", (_order(ids[0], refs[0]), []), ()),
        "charge": ("Subscriptions", "chargeBatch", (ids[0],), (ids,)),
    }
    contract, batched, single, many = arguments[function]
    interface = artifacts.interface(contract)
    if batch == 1:
        return interface.encode(function, *single)
    return interface.encode(batched, *many)


def _order(number: bytes, splits: bytes) -> tuple[Any, ...]:
    """A typical order of a shop, as ``pay`` takes it; nobody earns points."""
    merchant, payer, token = (units.address(f"0x{_noise(20, each).hex()}") for each in "mpt")
    year = 2_000_000_000
    return (merchant, payer, token, 4_999_000_000, number, year, 0, year, splits, bytes(32))


def _noise(length: int, seed: str = "") -> bytes:
    return hashlib.shake_256(f"rapport {seed}".encode()).digest(length)


@cache
def _presets() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_PACKAGE / "networks.json").read_text("utf-8"))
    return found


def _network(name: str, record: dict[str, Any]) -> Network:
    return Network(
        name=name,
        title=record["title"],
        chain_id=record["chain_id"],
        coin=record["coin"],
        data_fee=record["data_fee"],
        fee=units.to_base(record["fee_gwei"], 9),
        l1_base_fee=units.to_base(record.get("l1_base_fee_gwei", "0"), 9),
        l1_blob_fee=units.to_base(record.get("l1_blob_fee_gwei", "0"), 9),
        base_scalar=record.get("base_scalar", 0),
        blob_scalar=record.get("blob_scalar", 0),
        source=f"assumed, as of {_presets()['as_of']}",
    )
