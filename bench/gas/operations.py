"""Each operation of the suite, measured beside the floor of its promise.

Every figure is of the steady state: what all customers share (an issuer's meter, the totals of an
epoch, a daily allowance) was written before, by a first transaction that is not counted.
"""

from __future__ import annotations

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from bench.gas import consents, payments, sla, subscriptions
from bench.gas.chain import Chain
from bench.gas.figures import BATCH, Figure, Operation
from bench.gas.floor import Line, call, changed, cleared, fresh, log, read, recovery
from bench.gas.money import Money
from bench.gas.packages import BenchError
from bench.gas.suite import (
    AMOUNT,
    DAY,
    DEADLINE,
    DEADLINE_SECONDS,
    DOLLARS,
    DUE,
    EUROS,
    POINTS,
    RETURN_WINDOW,
    Suite,
    ref,
    wallet,
)
from rapport.intents import LinkWallet, Redeem

METER = "the issuer's right, cap and share of the liability"
CAP_USED = "the issuer's right and cap"
OUTSTANDING = "points outstanding in the award's epoch"
LINKS = "the operator's daily allowance"
CLOSINGS = "the steward's daily allowance"


def measure(chain: Chain, money: Money) -> list[Figure]:
    """Every operation of the suite, each transaction checked for its effect."""
    suite = Suite(chain, money)
    _customers(suite)
    pending = _awards(suite)
    earned = _orders(suite)
    linked = _link(suite)
    chain.wait(RETURN_WINDOW + DAY)
    _settlements(suite, pending)
    _reversals(suite, earned)
    _redemptions(suite, linked)
    consents.measure(suite)
    _closings(suite)
    payments.measure(suite)
    subscriptions.measure(suite)
    sla.measure(suite)
    held = sum(suite.balance(customer) for customer in suite.customers)
    check(suite.points.call("liability") == held, "the liability is not the sum of the balances")
    order = list(Operation)
    return sorted(suite.figures, key=lambda figure: order.index(figure.operation))


def check(holds: bool, otherwise: str) -> None:
    """A figure counts only if the transaction did what its operation promises."""
    if not holds:
        raise BenchError(otherwise)


def _customers(suite: Suite) -> None:
    registry, right = suite.registry, read("the operator's right")
    (one,), many = suite.unregistered(), suite.unregistered(BATCH)
    record = (fresh("the customer's record"), log(registry.abi, "Registered"))
    suite.measure(
        Operation.REGISTER, (*record, right), registry, "register", one, ref("commitment")
    )
    suite.measure(
        Operation.REGISTER_BATCH,
        (*record, right.once()),
        registry,
        "registerBatch",
        many,
        ref("root"),
        count=BATCH,
    )
    check(registry.call("statusOf", many[-1]) == 1, "a customer of the batch is not registered")
    registry.send(suite.staff, "register", one, ref("commitment"))
    suite.measure(
        Operation.VERIFY,
        (
            changed("the customer's record"),
            read("the verifier's right"),
            log(registry.abi, "Verified"),
        ),
        registry,
        "verify",
        one,
        2,
        DEADLINE_SECONDS,
        ref("evidence"),
    )
    suite.ask(
        Operation.VERIFIED_ASKED,
        (call("the registry"), read("the customer's record")),
        "isVerified",
        registry,
        one,
        2,
    )


def _link(suite: Suite) -> tuple[bytes, ChecksumAddress, LocalAccount]:
    """A customer with points and a wallet of their own."""
    registry, account = suite.registry, wallet(1)
    (first,), (customer,) = suite.new(), suite.existing()
    registry.send(suite.staff, "linkWallet", *_consent(suite, first, wallet(0)))
    address = suite.chain.fund(account.address)
    suite.measure(
        Operation.LINK,
        (
            changed("the customer's record"),
            fresh("whose the wallet is"),
            read("the operator's right"),
            changed(LINKS),
            recovery("the new wallet's"),
            log(registry.abi, "WalletLinked"),
        ),
        registry,
        "linkWallet",
        *_consent(suite, customer, account),
    )
    check(registry.call("idOf", address) == customer, "the wallet is not linked")
    again = registry.attempt(suite.staff, "linkWallet", *_consent(suite, customer, account))
    check(not again.succeeded, "linking can be repeated; the table says that it reverts")
    return customer, address, account


def _consent(
    suite: Suite, customer: bytes, account: LocalAccount
) -> tuple[bytes, ChecksumAddress, int, int, bytes]:
    """What ``linkWallet`` takes: a first wallet agrees to be this customer's."""
    intent = LinkWallet(customer, account.address, 0, DEADLINE)
    signature = suite.sign(account, suite.registry, intent)
    return customer, account.address, 0, DEADLINE_SECONDS, signature


def _awards(suite: Suite) -> tuple[list[tuple[bytes, bytes]], tuple[bytes, bytes]]:
    """Returns pending awards of a batch, and one more: customer and ref each."""
    points = suite.points
    awarded = log(points.abi, "Awarded")
    entry, meter = fresh("the award's entry"), changed(METER)
    new, held = fresh("the customer's account"), changed("the customer's account")

    (warm,) = suite.new()
    points.send(suite.staff, "award", warm, ref("first"), POINTS, 0)

    (one,) = suite.new()
    lines: tuple[Line, ...] = (entry, new, meter, awarded)
    suite.measure(Operation.AWARD_NEW, lines, points, "award", one, ref("a"), POINTS, 0)
    lines = (entry, held, meter, awarded)
    suite.measure(Operation.AWARD_EXISTING, lines, points, "award", one, ref("b"), POINTS, 0)
    lines = (read("the award's entry"), read(METER))
    suite.measure(Operation.AWARD_RETRIED, lines, points, "award", one, ref("b"), POINTS, 0)
    check(suite.balance(one) == 2 * POINTS, "a retried award changed the balance")
    lines = (entry, changed(CAP_USED), awarded)
    suite.measure(Operation.AWARD_PENDING, lines, points, "award", one, ref("p"), POINTS, DUE)
    check(suite.balance(one) == 2 * POINTS, "a pending award changed the balance")

    customers = suite.new(BATCH)
    for operation, lines, label, due in (
        (Operation.AWARD_BATCH_NEW, (entry, new, meter.once(), awarded), "n", 0),
        (Operation.AWARD_BATCH_EXISTING, (entry, held, meter.once(), awarded), "e", 0),
        (Operation.AWARD_BATCH_PENDING, (entry, changed(CAP_USED).once(), awarded), "p", DUE),
        (Operation.AWARD_BATCH_RETRIED, (read("the award's entry"), read(METER).once()), "e", 0),
    ):
        batch = [(i, ref(label + i.hex()), POINTS) for i in customers]
        suite.measure(operation, lines, points, "awardBatch", batch, due, count=BATCH)
    check(
        all(suite.balance(i) == 2 * POINTS for i in customers),
        "a batch of awards did not leave two awards with each customer",
    )
    return [(i, ref("p" + i.hex())) for i in customers], (one, ref("p"))


def _orders(suite: Suite) -> tuple[bytes, bytes]:
    """Returns an earned order: customer and ref."""
    rules = suite.rules
    earned = log(rules.abi, "Earned")
    entry, booked = fresh("the order's entry"), changed("the cap and the liability")
    new, held = fresh("the customer's account"), changed("the customer's account")
    terms = (
        read("the recorder's right"),
        read("the rule, first slot"),
        read("the rule, second slot"),
        read("from where tiers begin"),
    )
    known = read("that the customer is registered")

    (warm,) = suite.new()
    rules.send(suite.staff, "earn", warm, ref("e0"), DOLLARS, AMOUNT)

    (one,) = suite.new()
    order = (one, ref("e1"), DOLLARS, AMOUNT)
    suite.measure(
        Operation.EARN_NEW, (*terms, known, entry, new, booked, earned), rules, "earn", *order
    )
    lines: tuple[Line, ...] = (*terms, known, entry, held, booked, earned)
    order = (one, ref("e2"), DOLLARS, AMOUNT)
    suite.measure(Operation.EARN_EXISTING, lines, rules, "earn", *order)
    lines = (terms[0], read("the order's entry"))
    before = suite.balance(one)
    suite.measure(Operation.EARN_RETRIED, lines, rules, "earn", *order)
    check(suite.balance(one) == before > 0, "a retried order changed the balance")

    customers = suite.new(BATCH)
    shared = tuple(line.once() for line in (*terms, booked))
    unsettled = (
        *(line.once() for line in (*terms, changed("the cap"))),
        known,
        entry,
        read("the customer's account, for the tier"),
        earned,
    )
    for operation, lines, label, asset in (
        (Operation.EARN_BATCH_NEW, (*shared, known, entry, new, earned), "en", DOLLARS),
        (Operation.EARN_BATCH_EXISTING, (*shared, known, entry, held, earned), "ee", DOLLARS),
        (Operation.EARN_BATCH_PENDING, unsettled, "ep", EUROS),
    ):
        batch = [(i, ref(label + i.hex()), asset, AMOUNT) for i in customers]
        suite.measure(operation, lines, rules, "earnBatch", batch, count=BATCH)
    check(
        all(suite.balance(i) == 2 * (AMOUNT * 10 // 100) for i in customers),
        "a batch of orders did not leave two orders' points with each customer",
    )
    return order[0], order[1]


def _settlements(
    suite: Suite, pending: tuple[list[tuple[bytes, bytes]], tuple[bytes, bytes]]
) -> None:
    points, (many, one) = suite.points, pending
    lines: tuple[Line, ...] = (
        changed("the award's entry"),
        changed("the customer's account"),
        changed(OUTSTANDING),
        log(points.abi, "Settled"),
    )
    anyone = suite.chain.actor("anyone")
    first, *others = many
    before = suite.balance(first[0])
    points.send(anyone, "settle", *first)
    check(suite.balance(first[0]) == before + POINTS, "a settled award is not in the balance")
    suite.measure(Operation.SETTLE, lines, points, "settle", *one, sender=anyone)

    # One that is settled already would be skipped, and make the batch look cheaper than it is.
    (late,) = suite.existing()
    now = suite.chain.now
    points.send(suite.staff, "award", late, ref("late"), POINTS, now + 2)
    suite.chain.wait(10)
    batch = [*others, (late, ref("late"))]
    before = suite.balance(late)
    ids, refs = [i for i, _ in batch], [r for _, r in batch]
    lines = (*lines[:2], lines[2].once(), lines[3])
    suite.measure(
        Operation.SETTLE_BATCH, lines, points, "settleBatch", ids, refs, sender=anyone, count=BATCH
    )
    check(suite.balance(late) == before + POINTS, "the last award of the batch is not settled")


def _reversals(suite: Suite, earned: tuple[bytes, bytes]) -> None:
    points, rules = suite.points, suite.rules
    entry, account = changed("the award's entry"), changed("the customer's account")
    total, cap, reversed_ = changed(OUTSTANDING), changed(CAP_USED), log(points.abi, "Reversed")
    (one,) = suite.existing()
    points.send(suite.staff, "award", one, ref("v"), POINTS, 0)
    points.send(suite.staff, "award", one, ref("vp"), POINTS, DEADLINE_SECONDS)
    before = suite.balance(one)
    lines: tuple[Line, ...] = (entry, account, total, cap, reversed_)
    suite.measure(Operation.REVERSE, lines, points, "reverse", one, ref("v"), 200)
    check(suite.balance(one) == before - 200, "a reversal did not take the points back")
    lines = (entry, cap, reversed_)
    suite.measure(Operation.REVERSE_PENDING, lines, points, "reverse", one, ref("vp"), 200)
    check(suite.balance(one) == before - 200, "reversing a pending award changed the balance")

    customer, order = earned
    before = suite.balance(customer)
    lines = (read("the recorder's right"), entry, account, total, changed("the cap"), reversed_)
    arguments = (customer, order, DOLLARS, AMOUNT, AMOUNT // 3)
    suite.measure(Operation.EARN_REVERSE, lines, rules, "reverse", *arguments)
    taken = (AMOUNT * 10 // 100) * (AMOUNT // 3) // AMOUNT
    check(suite.balance(customer) == before - taken, "a return took back other than its share")


def _redemptions(suite: Suite, linked: tuple[bytes, ChecksumAddress, LocalAccount]) -> None:
    points, (customer, address, account) = suite.points, linked
    common = (
        fresh("the redemption's entry"),
        changed("the customer's account"),
        changed(OUTSTANDING),
        read("whose wallet may spend"),
        log(points.abi, "Redeemed"),
    )
    before = suite.balance(customer)
    call = (points, "redeem", customer, ref("r1"), 100)
    suite.measure(Operation.REDEEM, common, *call, sender=address)
    intent = Redeem(customer, ref("r2"), 100, DEADLINE)
    signature = suite.sign(account, points, intent)
    suite.measure(
        Operation.REDEEM_SIGNED,
        (*common, recovery("the wallet's")),
        points,
        "redeemBySig",
        customer,
        ref("r2"),
        100,
        DEADLINE_SECONDS,
        signature,
        sender=suite.chain.actor("anyone"),
    )
    points.send(address, "redeem", customer, ref("r1"), 100)
    check(
        suite.balance(customer) == before - 200, "two redemptions and a retry spent other than two"
    )

    (walletless,) = suite.existing()
    call = (points, "redeem", walletless, ref("r3"), 100)
    suite.measure(Operation.REDEEM_ISSUER, (*common, changed(CAP_USED)), *call)
    lines: tuple[Line, ...] = (
        changed("the redemption's entry"),
        changed("the customer's account"),
        changed(METER),
        log(points.abi, "Refunded"),
    )
    suite.measure(Operation.REFUND, lines, points, "refund", walletless, ref("r3"), 50)
    check(suite.balance(walletless) == POINTS - 50, "a refund did not give the points back")


def _closings(suite: Suite) -> None:
    registry = suite.registry
    right, limit = read("the steward's right"), changed(CLOSINGS)
    settings = read("the group: which lanes it has")
    left, kept = _consenting(suite, 2)
    registry.send(suite.staff, "merge", left, kept, 0, b"")

    left, kept = _consenting(suite, 2)
    lines: tuple[Line, ...] = (
        right,
        limit,
        changed("the record that closes"),
        read("the record that stays"),
        fresh("into whom it was merged"),
        changed("the account that closes"),
        changed("the account that stays"),
        settings,
        cleared("the choices that end"),
        read("the choices that stay"),
        log(registry.abi, "Merged"),
    )
    suite.measure(Operation.MERGE, lines, registry, "merge", left, kept, 0, b"")
    check(suite.balance(kept) == 2 * POINTS, "a merge did not move the points")
    (gone,) = _consenting(suite, 1)
    lines = (
        right,
        limit,
        changed("the customer's record"),
        changed("the customer's account"),
        changed(OUTSTANDING),
        settings,
        cleared("the customer's choices"),
        log(registry.abi, "Erased"),
    )
    suite.measure(Operation.ERASE, lines, registry, "erase", gone)
    check(suite.balance(gone) == 0, "an erased customer holds points")
    check(suite.consents.call("sequenceOf", gone, 0) == 0, "an erased customer's choices stand")
    again = registry.attempt(suite.staff, "erase", gone)
    check(not again.succeeded, "erasing can be repeated; the table says that it reverts")


def _consenting(suite: Suite, count: int) -> list[bytes]:
    """Customers with points, whose choices an operator recorded."""
    customers = suite.existing(count)
    records = [(consents.decision(customer), 0) for customer in customers]
    suite.consents.send(suite.staff, "recordBatch", records)
    return customers
