"""The verbs of subscriptions, as they are measured.

Everybody holds some of the token before, so that no figure is of a first balance, and the merchant
has another subscriber.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.gas.consents import asked
from tests.contracts.gas.measure import BATCH, DEADLINE, Bench, Call, named, operation
from tests.contracts.gas.payments import NOBODY, PART, PRICE
from tests.contracts.support import wallets
from tests.contracts.support.evm import CHAIN_ID
from tests.contracts.support.wallets import Wallet, intent_digest

PERIOD = 30 * 86_400
TRIAL = 14 * 86_400
GRACE = 7 * 86_400
DEARER = 60 * 10**6
FEE = 10**5
CAP = 100 * 10**6
FEW = 20


@dataclass(frozen=True)
class Subscriber:
    """What a payer asks for."""

    payer: Wallet
    plan: int
    customer: bytes = NOBODY
    coupon: bytes = NOBODY

    @property
    def terms(self) -> tuple[Any, ...]:
        """As the contract takes them and the payer signs them."""
        ref, campaign = named("subscription"), named("campaign")
        about = (self.customer, campaign, self.coupon, DEADLINE)
        return (self.payer.address, self.plan, CAP, ref, *about)

    @property
    def id(self) -> bytes:
        return keccak(encode(["address", "bytes32"], [self.payer.address, named("subscription")]))


def creating(
    bench: Bench, name: str = "plan", price: int = PRICE, fee: int = 0, trial: int = 0
) -> Call:
    merchant, token = bench.by("merchant"), bench.suite.token.address
    terms = (merchant, PERIOD, trial, GRACE, token, 0, False, price, fee)
    return bench.subscriptions("createPlan", named(name), terms)


def shop(bench: Bench, **terms: int) -> int:
    """The number of a plan of a merchant who was paid before."""
    bench.holder("merchant")
    bench.do(creating(bench, **terms))
    return 1


def ask(bench: Bench, label: str = "payer", plan: int = 1, **terms: bytes) -> Subscriber:
    return Subscriber(bench.holder(label), plan, **terms)


def subscribing(bench: Bench, one: Subscriber) -> Call:
    return bench.subscriptions("subscribe", one.terms, by=one.payer.address)


def subscribed(bench: Bench, label: str = "payer", **terms: bytes) -> Subscriber:
    one = ask(bench, label, **terms)
    bench.do(subscribing(bench, one))
    return one


def running(bench: Bench, **terms: int) -> Subscriber:
    """A subscriber of the first plan, whose first period is paid, after somebody else's."""
    shop(bench, **terms)
    subscribed(bench, "somebody else")
    return subscribed(bench)


def due(bench: Bench) -> None:
    """A period and a day later, within the grace."""
    bench.suite.evm.warp(bench.suite.evm.timestamp + PERIOD + 86_400)


def by_payer(bench: Bench, verb: str, one: Subscriber, *arguments: Any) -> Call:
    return bench.subscriptions(verb, one.id, *arguments, by=one.payer.address)


# Plans


@operation("createPlan")
def create_plan(bench: Bench) -> Call:
    shop(bench, trial=TRIAL)
    return creating(bench, "another plan", trial=TRIAL)


@operation("createPlan, again")
def create_plan_again(bench: Bench) -> Call:
    shop(bench)
    return creating(bench)


@operation("setPlanPrice")
def set_plan_price(bench: Bench) -> Call:
    return bench.subscriptions("setPlanPrice", shop(bench), DEARER, FEE)


@operation("closePlan")
def close_plan(bench: Bench) -> Call:
    return bench.subscriptions("closePlan", shop(bench))


# Subscribing


@operation("subscribe")
def subscribe(bench: Bench) -> Call:
    shop(bench)
    return subscribing(bench, ask(bench))


@operation("subscribe, again")
def subscribe_again(bench: Bench) -> Call:
    return subscribing(bench, running(bench))


@operation("subscribe, trial")
def subscribe_trial(bench: Bench) -> Call:
    shop(bench, trial=TRIAL)
    return subscribing(bench, ask(bench))


@operation("subscribeBySig")
def subscribe_by_sig(bench: Bench) -> Call:
    shop(bench)
    one = ask(bench)
    signature = bytes(one.payer.sign(bench.suite.subscriptions, "Subscribe", *one.terms))
    return bench.subscriptions("subscribeBySig", one.terms, signature, by="stranger")


def couponed(bench: Bench) -> tuple[tuple[Any, ...], bytes, bytes]:
    """A coupon that somebody has used before, its id and the merchant's signature."""
    merchant = wallets.plain("merchant")
    terms = (merchant.address, 0, named("code"), 2_000, 3, "0x" + 40 * "0", 1_000, DEADLINE)
    coupon = intent_digest(bench.suite.subscriptions, "Coupon", terms, CHAIN_ID)
    signature = bytes(merchant.sign(bench.suite.subscriptions, "Coupon", *terms))
    other = ask(bench, "somebody else", coupon=coupon)
    bench.do(with_coupon(bench, other, terms, signature))
    return terms, coupon, signature


def with_coupon(bench: Bench, one: Subscriber, coupon: tuple[Any, ...], signature: bytes) -> Call:
    given = (one.terms, b"", coupon, signature)
    return bench.subscriptions("subscribeWithCoupon", *given, by=one.payer.address)


@operation("subscribeWithCoupon")
def subscribe_with_coupon(bench: Bench) -> Call:
    shop(bench)
    terms, coupon, signature = couponed(bench)
    return with_coupon(bench, ask(bench, coupon=coupon), terms, signature)


@operation("redeem of a coupon")
def redeem_coupon(bench: Bench) -> Call:
    shop(bench)
    terms, _, signature = couponed(bench)
    return by_payer(bench, "redeem", subscribed(bench), terms, signature)


# Charging


def charging(bench: Bench, one: Subscriber) -> Call:
    due(bench)
    return bench.subscriptions("charge", one.id, by="stranger")


@operation("charge")
def charge(bench: Bench) -> Call:
    return charging(bench, running(bench))


@operation("charge, with a coupon")
def charge_with_coupon(bench: Bench) -> Call:
    shop(bench)
    terms, coupon, signature = couponed(bench)
    one = ask(bench, coupon=coupon)
    bench.do(with_coupon(bench, one, terms, signature))
    return charging(bench, one)


@operation("charge, a fee to the caller")
def charge_with_fee(bench: Bench) -> Call:
    one = running(bench, fee=FEE)
    caller = bench.holder("caller")
    due(bench)
    return bench.subscriptions("charge", one.id, by=caller.address)


def many(bench: Bench, count: int) -> Sequence[Subscriber]:
    shop(bench)
    return [subscribed(bench, f"payer {number}") for number in range(count)]


def charging_at_once(bench: Bench, count: int) -> Call:
    ids = [one.id for one in many(bench, count)]
    due(bench)
    return replace(bench.subscriptions("chargeBatch", ids, by="stranger"), count=count)


@operation("chargeBatch of 20")
def charge_few(bench: Bench) -> Call:
    return charging_at_once(bench, FEW)


@operation("chargeBatch of 100")
def charge_many(bench: Bench) -> Call:
    return charging_at_once(bench, BATCH)


@operation("chargeBatch of 20, half of whom cannot pay")
def charge_failing(bench: Bench) -> Call:
    subscribers = many(bench, FEW)
    for one in subscribers[::2]:
        till = bench.suite.subscriptions.address
        bench.do(bench.token("approve", till, 0, by=one.payer.address))
    due(bench)
    ids = [one.id for one in subscribers]
    return replace(bench.subscriptions("chargeBatch", ids, by="stranger"), count=FEW)


# What the payer decides


@operation("acceptPrice")
def accept_price(bench: Bench) -> Call:
    return by_payer(bench, "acceptPrice", running(bench), 2 * CAP)


def plans(bench: Bench, first: int, second: int) -> Subscriber:
    """A subscriber of the first plan of two, ten days into the period."""
    one = running(bench, price=first)
    bench.do(creating(bench, "another plan", second))
    bench.suite.evm.warp(bench.suite.evm.timestamp + 10 * 86_400)
    return one


@operation("changePlan, a dearer one")
def upgrade(bench: Bench) -> Call:
    return by_payer(bench, "changePlan", plans(bench, PRICE, DEARER), 2, CAP, CAP)


@operation("changePlan, a cheaper one")
def downgrade(bench: Bench) -> Call:
    return by_payer(bench, "changePlan", plans(bench, DEARER, PRICE), 2, CAP, 0)


@operation("pause")
def pause(bench: Bench) -> Call:
    return by_payer(bench, "pause", running(bench))


@operation("resume")
def resume(bench: Bench) -> Call:
    one = running(bench)
    bench.do(by_payer(bench, "pause", one))
    bench.suite.evm.warp(bench.suite.evm.timestamp + 86_400)
    return by_payer(bench, "resume", one)


@operation("reactivate")
def reactivate(bench: Bench) -> Call:
    one = running(bench)
    due(bench)
    due(bench)
    return by_payer(bench, "reactivate", one)


@operation("cancel")
def cancel(bench: Bench) -> Call:
    return by_payer(bench, "cancel", running(bench))


@operation("cancel, by the merchant")
def cancel_by_merchant(bench: Bench) -> Call:
    return bench.subscriptions("cancel", running(bench).id)


@operation("instruct, to cancel")
def instruct_cancel(bench: Bench) -> Call:
    one, cancelling = running(bench), 0
    content = (one.id, 0, 0, 0, 0, DEADLINE)
    signature = bytes(one.payer.sign(bench.suite.subscriptions, "Instruction", "cancel", *content))
    return bench.subscriptions("instruct", (cancelling, *content), signature, by="stranger")


# What the merchant gives


@operation("refund of a charge, in part")
def refund_charge(bench: Bench) -> Call:
    return bench.subscriptions("refund", running(bench).id, 1, PART)


@operation("grantTime")
def grant_time(bench: Bench) -> Call:
    one = running(bench)
    return bench.subscriptions("grantTime", one.id, bench.suite.evm.timestamp + 2 * PERIOD)


# Questions


@operation("nextCharge, asked by a contract")
def next_charge(bench: Bench) -> Call:
    return asked(bench.subscriptions("nextCharge", running(bench).id))


@operation("isEntitled, asked by a contract")
def is_entitled(bench: Bench) -> Call:
    return asked(bench.subscriptions("isEntitled", running(bench).id))


# Earning


def earners(bench: Bench) -> list[Subscriber]:
    """Two subscribers who earn, the second of whom has paid, so that the epoch's totals stand."""
    shop(bench)
    found = [
        ask(bench, f"payer {number}", customer=customer)
        for number, customer in enumerate(bench.customers(2))
    ]
    bench.do(subscribing(bench, found[1]))
    return found


@operation("subscribe and earn, new customer")
def subscribe_and_earn(bench: Bench) -> Call:
    return subscribing(bench, earners(bench)[0])


def renewing(bench: Bench) -> list[Subscriber]:
    """The same, both subscribed and due; the second has renewed."""
    found = earners(bench)
    bench.do(subscribing(bench, found[0]))
    due(bench)
    bench.do(bench.subscriptions("charge", found[1].id, by="stranger"))
    return found


@operation("charge and earn, existing customer")
def charge_and_earn(bench: Bench) -> Call:
    return bench.subscriptions("charge", renewing(bench)[0].id, by="stranger")


@operation("refund of a charge that earned, in part")
def refund_earned_charge(bench: Bench) -> Call:
    one, other = renewing(bench)
    bench.do(bench.subscriptions("charge", one.id, by="stranger"))
    bench.do(bench.subscriptions("refund", other.id, 2, PART))
    return bench.subscriptions("refund", one.id, 2, PART)


@operation("chargeBatch of 20 and earn")
def charge_batch_and_earn(bench: Bench) -> Call:
    shop(bench)
    found = [
        subscribed(bench, f"payer {number}", customer=customer)
        for number, customer in enumerate(bench.customers(FEW + 1))
    ]
    due(bench)
    bench.do(bench.subscriptions("charge", found[0].id, by="stranger"))
    ids = [one.id for one in found[1:]]
    return replace(bench.subscriptions("chargeBatch", ids, by="stranger"), count=FEW)
