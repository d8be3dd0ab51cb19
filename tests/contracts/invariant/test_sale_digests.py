"""What payers and merchants sign, against eth-account's own reading of typed data."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.support.evm import CHAIN_ID, Contract
from tests.contracts.support.machine import digest
from tests.contracts.support.market import SELLERS, Market, market
from tests.contracts.support.model.payments import Order, Split, shares, splits_hash
from tests.contracts.support.model.plans import DAY, Coupon, Plan
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.model.subscriptions import ACTIONS, Instruction, Terms, id_of
from tests.contracts.support.wallets import FORMS, Wallet

UINT48 = 2**48 - 1
ADDRESS = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
WORD = st.binary(min_size=32, max_size=32)
TIME = st.integers(0, UINT48)
SPLITS = st.lists(st.tuples(ADDRESS, st.integers(0, 2**16 - 1)), max_size=5)
ORDER = st.builds(
    Order, ADDRESS, ADDRESS, ADDRESS, st.integers(0, 2**96 - 1), WORD, TIME, TIME, TIME, WORD, WORD
)
COUPON = st.builds(
    Coupon,
    ADDRESS,
    st.integers(0, 2**32 - 1),
    WORD,
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**16 - 1),
    ADDRESS,
    st.integers(0, 2**32 - 1),
    TIME,
)


def shown(contract: Contract, form: str, values: tuple[Any, ...]) -> SignableMessage:
    """What a wallet shows: every field by its name, splits in the open."""
    fields = [tuple(part.split()) for part in FORMS[form].split(",")]
    types = {form: [{"name": name, "type": kind} for kind, name in fields]}
    content = dict(zip((name for _, name in fields), values, strict=True))
    if "splits" in content:
        types["Split"] = [
            {"name": name, "type": kind}
            for kind, name in (part.split() for part in FORMS["Split"].split(","))
        ]
        content["splits"] = [{"recipient": to, "bps": bps} for to, bps in content["splits"]]
    domain = {
        "name": f"Rapport {contract.name}",
        "version": "1",
        "chainId": CHAIN_ID,
        "verifyingContract": contract.address,
    }
    return encode_typed_data(domain_data=domain, message_types=types, message_data=content)


def digest_of(message: SignableMessage) -> bytes:
    return keccak(b"\x19" + message.version + message.header + message.body)


def signed(wallet: Wallet, message: SignableMessage) -> bytes:
    return bytes(Account.sign_message(message, wallet.key.secret).signature)


@given(order=ORDER, splits=SPLITS)
def test_an_orders_id_is_the_digest_that_a_wallet_shows(order: Order, splits: list[Split]) -> None:
    payments = market().payments
    order = order._replace(splitsHash=payments.splitsHash(splits))
    assert order.splitsHash == splits_hash(splits)
    content = (*order[:8], splits, order.customerId)
    assert payments.idOf(order) == digest_of(shown(payments, "Order", content))


@given(coupon=COUPON)
def test_a_coupons_id_is_the_digest_that_a_wallet_shows(coupon: Coupon) -> None:
    subscriptions = market().subscriptions
    assert subscriptions.couponId(coupon) == digest_of(shown(subscriptions, "Coupon", coupon))


@pytest.mark.parametrize("name", ["Payments", "Subscriptions"])
def test_the_domain_that_is_told_is_the_one_that_is_signed(name: str) -> None:
    contract = market().contracts[name]
    told = contract.eip712Domain()
    assert told == (b"\x0f", f"Rapport {name}", "1", CHAIN_ID, contract.address, bytes(32), ())


def paid_order(chain: Market, amount: int, splits: list[Split], hold: int) -> Order:
    payer, merchant, now = chain.payers[0].address, SELLERS[0].address, chain.evm.timestamp
    times = (now, now + hold if hold else 0, now)
    order = (merchant, payer, chain.token.address, amount, digest("order", 0), *times)
    return Order(*order, splits_hash(splits), bytes(32))


@pytest.mark.parametrize("verb", ["payBySig", "authorizeBySig"])
def test_an_order_that_eth_account_signed_is_paid(verb: str) -> None:
    chain = market()
    chain.reset()
    splits = [(SELLERS[1].address, 2_500)]
    order = paid_order(chain, 1_000, splits, DAY if verb == "authorizeBySig" else 0)
    content = (*order[:8], splits, order.customerId)
    signature = signed(chain.payers[0], shown(chain.payments, "Order", content))
    relay = getattr(chain.payments, verb)
    assert relay(order, splits, signature, sender=chain.actors["stranger"])


@given(
    amount=st.integers(1, 2**96 - 1),
    cuts=st.lists(st.integers(0, 10_000), max_size=4),
    hold=st.booleans(),
)
def test_splits_and_the_rest_are_exactly_the_amount(
    amount: int, cuts: list[int], hold: bool
) -> None:
    chain = market()
    chain.reset()
    edges = [0, *sorted(cuts)]
    parts = [end - begin for begin, end in pairwise(edges)]
    people = ["0x" + f"{number + 1:040x}" for number in range(len(parts))]
    splits = list(zip(people, parts, strict=True))
    order = paid_order(chain, amount, splits, DAY if hold else 0)
    money, payer, merchant = chain.token, chain.payers[0].address, order.merchant
    money.mint(payer, amount, sender=payer)
    before = money.balanceOf(payer), money.balanceOf(merchant)
    if hold:
        assert chain.payments.authorize(order, splits, sender=payer)
        assert chain.payments.capture(order, splits, amount, sender=merchant)
    else:
        assert chain.payments.pay(order, splits, sender=payer)
    got = [(person, money.balanceOf(person)) for person in people]
    assert got == shares(amount, splits)
    rest = money.balanceOf(merchant) - before[1]
    assert before[0] - money.balanceOf(payer) == amount == rest + sum(share for _, share in got)
    assert money.balanceOf(chain.payments.address) == 0


def subscribed(chain: Market) -> bytes:
    """A subscription by terms that eth-account signed."""
    merchant, payer = SELLERS[0].address, chain.payers[0]
    for number, price in enumerate((100, 200)):
        plan = Plan(merchant, 30 * DAY, 0, DAY, chain.token.address, 0, False, price, 0)
        chain.subscriptions.createPlan(digest("plan", number), plan, sender=merchant)
    terms = Terms(payer.address, 1, 100, *(digest("terms", i) for i in range(3)), bytes(32), UINT48)
    signature = signed(payer, shown(chain.subscriptions, "Subscribe", terms))
    stranger = chain.actors["stranger"]
    key, added = chain.subscriptions.subscribeBySig(terms, signature, sender=stranger)
    assert added
    assert key == id_of(payer.address, terms.ref)
    return key


@pytest.mark.parametrize("action", range(len(ACTIONS)))
def test_an_instruction_that_eth_account_signed_is_carried_out(action: int) -> None:
    chain = market()
    chain.reset()
    key, at, stranger = subscribed(chain), chain.subscriptions, chain.actors["stranger"]
    if ACTIONS[action] == "resume":
        at.pause(key, sender=chain.payers[0].address)
    if ACTIONS[action] == "reactivate":
        chain.evm.warp(chain.evm.timestamp + 31 * DAY)
    seq = at.subscription(key)[3]
    told = Instruction(action, key, 2, 200, 200, seq, UINT48)
    signature = signed(chain.payers[0], shown(at, "Instruction", told.content[1:]))
    at.instruct(told, signature, sender=stranger)
    assert at.subscription(key)[3] == seq + 1


def test_a_coupon_that_eth_account_signed_is_redeemed() -> None:
    chain = market()
    chain.reset()
    key, merchant = subscribed(chain), SELLERS[0]
    coupon = Coupon(merchant.address, 0, digest("code", 0), 5_000, 1, NOBODY, 0, UINT48)
    signature = signed(merchant, shown(chain.subscriptions, "Coupon", coupon))
    chain.subscriptions.redeem(key, coupon, signature, sender=chain.payers[0].address)
    assert chain.subscriptions.note(key)[1:3] == (5_000, 1)
