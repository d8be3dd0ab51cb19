"""What a programme costs: gas, the network's fee, and the price of its data."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rapport import cost
from rapport.errors import InputError
from rapport.fastlz import compressed_length

# The transaction by which op-geth and the specification check their FastLZ estimate.
CALL = bytes.fromhex(
    "02f901550a758302df1483be21b88304743f94f80e51afb613d764fa61751affd3313c190a86bb87"
    "0151bd62fd12adb8e41ef24f3f000000000000000000000000000000000000000000000000000000"
    "000000006e000000000000000000000000af88d065e77c8cc2239327c5edb3a432268e5831000000"
    "000000000000000000000000000000000000000000000000000003c1e50000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000a0000000000000000000000000000000000000000000000000000000"
    "00000000148c89ed219d02f1a5be012c689b4f5b731827bebe000000000000000000000000c001a0"
    "33fd89cb37c31b2cba46b6466e040c61fc9b2a3675a7f5f493ebd5ad77c497f8a07cdf65680e2383"
    "92693019b4092f610222e71b7cec06449cb922b93b6a12744e"
)


@pytest.mark.parametrize(
    ("data", "length"), [(b"", 0), (b"\1" * 1000, 21), (bytes(1000), 21), (CALL, 202)]
)
def test_fastlz_lengths_are_those_of_op_geth(data, length):
    assert compressed_length(data) == length


def test_random_data_does_not_compress():
    noise = cost._noise(3_200)
    assert len(noise) <= compressed_length(noise) <= len(noise) * 33 // 32 + 1


def test_op_stack_data_costs_what_the_formula_says():
    network = cost.network("base")
    calldata = cost._noise(1_000)
    size = compressed_length(cost._noise(45) + calldata + cost._noise(67))
    price = network.base_scalar * network.l1_base_fee * 16 + (
        network.blob_scalar * network.l1_blob_fee
    )
    assert network.data_cost(calldata) == (836_500 * size - 42_585_600) * price // 10**12


def test_a_small_transaction_pays_for_a_hundred_bytes_on_the_op_stack():
    network = cost.network("op")
    price = network.base_scalar * network.l1_base_fee * 16 + (
        network.blob_scalar * network.l1_blob_fee
    )
    assert network.data_cost(b"") == 100 * 10**6 * price // 10**12


@pytest.mark.parametrize("name", ["mainnet", "polygon"])
def test_a_chain_of_its_own_charges_nothing_for_data(name):
    assert cost.network(name).data_cost(b"\1" * 1000) == 0


def test_money_is_gas_times_fee_times_price():
    network = cost.with_fee(cost.network("mainnet"), Decimal(2))
    programme = cost.Programme(customers=10, orders=100, batch=1, pending=False)
    found = cost.estimate(programme, network, native_price=Decimal(3_000))
    (line,) = found.monthly
    assert line.money_a_month == Decimal(line.gas) * 2 * 3_000 * 100 / Decimal(10**9)
    assert found.money_a_month == line.money_a_month
    assert found.money_an_order == line.money


def test_a_batch_is_cheaper_than_single_orders():
    base = cost.network("base")
    single, batched = (
        cost.estimate(cost.Programme(0, 1_000, batch=size), base).coin_a_month for size in (1, 100)
    )
    assert batched < single


def test_payments_and_charges_count_when_there_are_any():
    base = cost.network("base")
    without = cost.estimate(cost.Programme(0, 0), base)
    found = cost.estimate(cost.Programme(0, 0, payments=50, subscriptions=1_000), base)
    titles = {line.operation: line.times for line in found.monthly[len(without.monthly) :]}
    assert titles == {"pay an order": 50, "charge a subscription": 1_000}
    assert found.coin_a_month == sum(line.coin_a_month for line in found.monthly) > 0


def test_a_charge_in_a_batch_is_cheaper_than_alone():
    base = cost.network("base")
    single, batched = (
        cost.estimate(cost.Programme(0, 0, batch=size, subscriptions=1_000), base).coin_a_month
        for size in (1, 100)
    )
    assert batched < single


def test_every_operation_was_measured():
    gas, source = cost.measured_gas()
    assert source.startswith("measured")
    assert "planned" not in source
    assert all(10_000 < each < 200_000 for each in gas.values())


def test_without_a_price_there_is_no_money():
    found = cost.estimate(cost.Programme(1, 1), cost.network("base"))
    assert found.money_a_month is None
    assert found.coin_a_month > 0


@pytest.mark.parametrize("change", [{"orders": -1}, {"batch": 0}, {"batch": 301}])
def test_an_impossible_programme_is_refused(change):
    with pytest.raises(InputError):
        cost.estimate(
            cost.Programme(**{"customers": 1, "orders": 1} | change), cost.network("base")
        )


def test_an_unknown_network_names_the_known_ones():
    with pytest.raises(InputError, match="base, op, arbitrum"):
        cost.network("solana")
