"""What anyone can ask."""

import pytest
from eth_utils import keccak

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.payments.conftest import AFFILIATE, CAPTURE_BY, COURIER, PRICE
from tests.contracts.unit.support.orders import NONE
from tests.contracts.unit.support.wallets import HERS

SPLITS = [
    (),
    ((AFFILIATE, 1),),
    ((AFFILIATE, 333), (COURIER, 1)),
    ((AFFILIATE, 2_500),) * 4,
]


@pytest.mark.parametrize("splits", SPLITS, ids=len)
def test_the_id_of_an_order_is_the_digest_that_a_wallet_signs(payments, order, splits):
    for made in (order, order.but(capture_by=CAPTURE_BY, customer=b"\x05" * 32)):
        made = made.but(splits=splits)
        assert bytes(payments.idOf(made.struct)) == made.id(payments)


@pytest.mark.parametrize("splits", SPLITS, ids=len)
def test_splits_hash_is_how_eip_712_encodes_them(payments, order, splits):
    made = order.but(splits=splits)

    assert bytes(payments.splitsHash(made.split_list)) == made.splits_hash


def test_splits_hash_of_none_is_that_of_nothing(payments):
    assert bytes(payments.splitsHash([])) == keccak(b"")


def test_every_term_of_an_order_is_part_of_its_id(payments, order):
    changes = [
        {"merchant": AFFILIATE},
        {"payer": AFFILIATE},
        {"token": AFFILIATE},
        {"amount": PRICE + 1},
        {"order_id": b"\x09" * 32},
        {"pay_by": order.pay_by + 1},
        {"capture_by": 1},
        {"refund_until": order.refund_until + 1},
        {"splits": ((AFFILIATE, 0),)},
        {"customer": b"\x01" * 32},
    ]

    ids = {bytes(payments.idOf(order.but(**change).struct)) for change in changes}

    assert len(ids | {order.id(payments)}) == len(changes) + 1


def test_an_unknown_order_is_in_no_state(payments, order):
    assert tuple(payments.payment(order.id(payments))) == (0, 0, NONE)


def test_nobody_is_owed_anything_at_first(payments, token):
    assert payments.owed(HERS.address, token) == 0


def test_the_domain_is_that_of_payments(payments):
    domain = payments.eip712Domain()

    assert (domain.name, domain.version) == ("Rapport Payments", "1")
    assert (domain.chainId, domain.verifyingContract) == (31337, payments.address)


def test_type_hashes_are_those_of_the_types_that_wallets_show(payments):
    split = "Split(address recipient,uint16 bps)"
    order = (
        "Order(address merchant,address payer,address token,uint96 amount,bytes32 orderId,"
        "uint48 payBy,uint48 captureBy,uint48 refundUntil,Split[] splits,bytes32 customerId)"
    )

    assert bytes(payments.SPLIT_TYPEHASH()) == keccak(text=split)
    assert bytes(payments.ORDER_TYPEHASH()) == keccak(text=order + split)


def test_limits_are_as_documented(payments, earn):
    assert (payments.MAX_BPS(), payments.MAX_SPLITS()) == (10_000, 4)
    assert payments.MAX_HOLD() == 365 * 86_400
    assert payments.EARN_GAS() == 300_000
    assert payments.RULES() == earn.address != NOBODY
