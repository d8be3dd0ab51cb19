"""The verbs of the suite, as they are measured."""

from __future__ import annotations

from typing import Any

from tests.contracts.gas.measure import (
    AMOUNT,
    BATCH,
    DEADLINE,
    DUE,
    NOW,
    POINTS,
    RETURNABLE,
    RULE,
    USD,
    Bench,
    Call,
    named,
    operation,
)
from tests.contracts.support import wallets
from tests.contracts.support.suite import RECOVERY_DELAY


def batch(call: Call) -> Call:
    """The same call, counted for a whole batch."""
    return Call(call.contract, call.verb, call.arguments, call.by, BATCH)


# CustomerRegistry


@operation("register")
def register(bench: Bench) -> Call:
    return bench.registry("register", named("customer 0"), named("record"))


@operation("register, again")
def register_again(bench: Bench) -> Call:
    (one,) = bench.customers()
    return bench.registry("register", one, named("record"))


@operation("registerBatch of 100")
def register_batch(bench: Bench) -> Call:
    ids = [named(f"customer {i}") for i in range(BATCH)]
    return batch(bench.registry("registerBatch", ids, named("root")))


@operation("join")
def join(bench: Bench) -> Call:
    bench.do(bench.registry("setEnrolment", True, by="admin"))
    return bench.registry("join", named("salt"), by=wallets.plain("wallet").address)


@operation("linkWallet")
def link_wallet(bench: Bench) -> Call:
    one, other = bench.customers(2)
    bench.wallet(other, "somebody else's wallet")
    return bench.linking(one, wallets.plain("wallet"))


@operation("rotateWallet")
def rotate_wallet(bench: Bench) -> Call:
    (one,) = bench.customers()
    held, new = bench.wallet(one), wallets.plain("new wallet")
    fields = (one, new.address, 1, DEADLINE)
    signatures = [bytes(w.sign(bench.suite.registry, "LinkWallet", *fields)) for w in (new, held)]
    return bench.registry("rotateWallet", *fields, *signatures, by="stranger")


@operation("unlinkWallet")
def unlink_wallet(bench: Bench) -> Call:
    (one,) = bench.customers()
    return bench.registry("unlinkWallet", one, by=bench.wallet(one).address)


def recovery(bench: Bench) -> tuple[bytes, Call]:
    """A customer with a wallet, and the call that asks for another."""
    (one,) = bench.customers()
    bench.wallet(one)
    new = wallets.plain("new wallet")
    fields = (one, new.address, 1, DEADLINE)
    signature = bytes(new.sign(bench.suite.registry, "LinkWallet", *fields))
    return one, bench.registry("requestRecovery", *fields, signature, by="recovery")


@operation("requestRecovery")
def request_recovery(bench: Bench) -> Call:
    return recovery(bench)[1]


@operation("completeRecovery")
def complete_recovery(bench: Bench) -> Call:
    one, request = recovery(bench)
    bench.do(request)
    bench.suite.evm.warp(NOW + 2 * RECOVERY_DELAY)
    return bench.registry("completeRecovery", one, by="stranger")


@operation("verify")
def verify(bench: Bench) -> Call:
    (one,) = bench.customers()
    return bench.registry("verify", one, 2, DEADLINE, named("evidence"), by="verifier")


@operation("suspend")
def suspend(bench: Bench) -> Call:
    (one,) = bench.customers()
    return bench.registry("suspend", one, named("reason"))


@operation("merge, with points")
def merge(bench: Bench) -> Call:
    one, other = bench.customers(2)
    bench.awarded([one, other])
    return bench.registry("merge", one, other, 0, b"", by="steward")


@operation("erase, with points")
def erase(bench: Bench) -> Call:
    (one,) = bench.customers()
    bench.awarded([one])
    return bench.registry("erase", one, by="steward")


# LoyaltyPoints


@operation("award, new customer")
def award_new(bench: Bench) -> Call:
    bench.warm()
    (one,) = bench.customers()
    return bench.points("award", one, named("order"), POINTS, 0)


@operation("award, existing customer")
def award_existing(bench: Bench) -> Call:
    bench.warm()
    ids = bench.customers()
    bench.awarded(ids)
    return bench.points("award", ids[0], named("order"), POINTS, 0)


@operation("award, again")
def award_again(bench: Bench) -> Call:
    call = award_existing(bench)
    bench.do(call)
    return call


@operation("award, pending")
def award_pending(bench: Bench) -> Call:
    bench.warm()
    (one,) = bench.customers()
    return bench.points("award", one, named("order"), POINTS, DUE)


def awards(ids: list[bytes]) -> list[tuple[bytes, bytes, int]]:
    return [(one, named(f"order {i}"), POINTS) for i, one in enumerate(ids)]


@operation("awardBatch of 100, new customers")
def award_batch_new(bench: Bench) -> Call:
    bench.warm()
    return batch(bench.points("awardBatch", awards(bench.customers(BATCH)), 0))


@operation("awardBatch of 100, existing customers")
def award_batch_existing(bench: Bench) -> Call:
    bench.warm()
    ids = bench.customers(BATCH)
    bench.awarded(ids)
    return batch(bench.points("awardBatch", awards(ids), 0))


@operation("awardBatch of 100, pending")
def award_batch_pending(bench: Bench) -> Call:
    bench.warm()
    return batch(bench.points("awardBatch", awards(bench.customers(BATCH)), DUE))


@operation("settle")
def settle(bench: Bench) -> Call:
    ids = bench.customers(2)
    bench.awarded(ids)
    one, other = bench.awarded(ids, "pending", DUE)
    bench.suite.evm.warp(DUE)
    bench.do(bench.points("settle", ids[1], other, by="stranger"))
    return bench.points("settle", ids[0], one, by="stranger")


@operation("settleBatch of 100")
def settle_batch(bench: Bench) -> Call:
    ids = bench.customers(BATCH)
    bench.awarded(ids)
    refs = bench.awarded(ids, "pending", DUE)
    bench.suite.evm.warp(DUE)
    return batch(bench.points("settleBatch", ids, refs, by="stranger"))


@operation("reverse, in part")
def reverse(bench: Bench) -> Call:
    ids = bench.customers(2)
    one, other = bench.awarded(ids)
    bench.do(bench.points("reverse", ids[1], other, 100))
    return bench.points("reverse", ids[0], one, 200)


def spending(bench: Bench) -> list[bytes]:
    """Two customers with points, the second of whom has spent some already."""
    ids = bench.customers(2)
    bench.awarded(ids)
    bench.do(bench.points("redeem", ids[1], named("earlier reward"), 100))
    return ids


@operation("redeem, by the issuer")
def redeem_by_issuer(bench: Bench) -> Call:
    return bench.points("redeem", spending(bench)[0], named("reward"), 200)


@operation("redeem, by the wallet")
def redeem_by_wallet(bench: Bench) -> Call:
    one, _ = spending(bench)
    return bench.points("redeem", one, named("reward"), 200, by=bench.wallet(one).address)


@operation("redeemBySig")
def redeem_by_sig(bench: Bench) -> Call:
    one, _ = spending(bench)
    held = bench.wallet(one)
    fields: tuple[Any, ...] = (one, named("reward"), 200, DEADLINE)
    signature = bytes(held.sign(bench.suite.loyalty, "Redeem", *fields))
    return bench.points("redeemBySig", *fields, signature, by="stranger")


@operation("refund, in part")
def refund(bench: Bench) -> Call:
    one, _ = spending(bench)
    bench.do(bench.points("redeem", one, named("reward"), 200))
    return bench.points("refund", one, named("reward"), 100)


@operation("credit")
def credit(bench: Bench) -> Call:
    ids = bench.customers(2)
    bench.awarded(ids)
    bench.do(bench.points("credit", ids[1], named("earlier claim"), 50, by="campaign"))
    return bench.points("credit", ids[0], named("claim"), 50, by="campaign")


@operation("pause, three issuers")
def pause(bench: Bench) -> Call:
    return bench.points("pause", by="guardian")


# EarnRules


@operation("setPurchaseRule, the first")
def set_purchase_rule(bench: Bench) -> Call:
    return bench.earn("setPurchaseRule", USD, RULE, by="rules")


@operation("earn, new customer")
def earn_new(bench: Bench) -> Call:
    bench.rule()
    (one,) = bench.customers()
    return bench.earn("earn", one, named("order"), USD, AMOUNT)


@operation("earn, existing customer")
def earn_existing(bench: Bench) -> Call:
    bench.rule()
    ids = bench.customers()
    bench.awarded(ids)
    return bench.earn("earn", ids[0], named("order"), USD, AMOUNT)


@operation("earn, again")
def earn_again(bench: Bench) -> Call:
    call = earn_existing(bench)
    bench.do(call)
    return call


@operation("earn, pending")
def earn_pending(bench: Bench) -> Call:
    bench.rule(RETURNABLE)
    (one,) = bench.customers()
    return bench.earn("earn", one, named("order"), USD, AMOUNT)


def orders(ids: list[bytes]) -> list[tuple[bytes, bytes, bytes, int]]:
    return [(one, named(f"order {i}"), USD, AMOUNT) for i, one in enumerate(ids)]


@operation("earnBatch of 100, existing customers")
def earn_batch_existing(bench: Bench) -> Call:
    bench.rule()
    ids = bench.customers(BATCH)
    bench.awarded(ids)
    return batch(bench.earn("earnBatch", orders(ids)))


@operation("earnBatch of 100, pending")
def earn_batch_pending(bench: Bench) -> Call:
    bench.rule(RETURNABLE)
    return batch(bench.earn("earnBatch", orders(bench.customers(BATCH))))


@operation("earn reverse, in part")
def earn_reverse(bench: Bench) -> Call:
    bench.rule()
    one, other = bench.customers(2)
    for customer, name in ((one, "order"), (other, "another order")):
        bench.do(bench.earn("earn", customer, named(name), USD, AMOUNT))
    bench.do(bench.earn("reverse", other, named("another order"), USD, AMOUNT, AMOUNT // 2))
    return bench.earn("reverse", one, named("order"), USD, AMOUNT, AMOUNT // 2)
