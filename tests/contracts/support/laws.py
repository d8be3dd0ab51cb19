"""The laws of `invariant/README.md`, each a function that looks at chain, model and logs."""

from __future__ import annotations

from typing import Any

from tests.contracts.support.evm import Contract, Refused
from tests.contracts.support.laws_consents import logs_give_the_consents
from tests.contracts.support.model import dates
from tests.contracts.support.model.loyalty import Entry, State, mark
from tests.contracts.support.model.reasons import reason
from tests.contracts.support.model.registry import CLOSED, NOBODY, Customer, Recovery
from tests.contracts.support.replay import Replay
from tests.contracts.support.suite import Suite

KINDS_IN = ("earned", "refunded", "credited")
KINDS_OUT = ("redeemed", "reversed", "forfeited")


def asked(view: Any, *args: Any) -> Any:
    """What a view answers, a refusal included."""
    try:
        return view(*args)
    except Refused as refusal:
        return refusal


def balances_sum_to_the_liability(suite: Suite, customers: list[bytes]) -> None:
    points = suite.chain.loyalty
    assert sum(points.balanceOf(c) for c in customers) == points.liability()


def every_point_is_accounted_for(suite: Suite, customers: list[bytes]) -> None:
    """What came is available, redeemed, expired, reversed or forfeited, less what is owed."""
    points, model = suite.chain.loyalty, suite.loyalty
    came, went = 0, 0
    for customer in customers:
        came_to = sum(model.total(customer, kind) for kind in KINDS_IN)
        went_from = (
            points.balanceOf(customer)
            + sum(model.total(customer, kind) for kind in KINDS_OUT)
            + model.expired(customer)
            - points.debtOf(customer)
        )
        assert came_to == went_from, f"{came_to} came, {went_from} accounted for"
        came, went = came + came_to, went + went_from
    assert came == went


def balance_and_debt_never_stand_together(suite: Suite, customers: list[bytes]) -> None:
    points = suite.chain.loyalty
    for customer in customers:
        assert not (points.balanceOf(customer) and points.debtOf(customer))


def closed_customers_hold_nothing(suite: Suite, customers: list[bytes]) -> None:
    registry, points = suite.chain.registry, suite.chain.loyalty
    for customer in customers:
        if registry.statusOf(customer) in CLOSED:
            assert points.balanceOf(customer) == 0
            assert points.debtOf(customer) == 0
            assert points.qualifying(customer) == (0, 0)
            assert registry.walletOf(customer) == NOBODY
            assert registry.recovery(customer)[1] == 0


def wallets_and_customers_name_each_other(suite: Suite, customers: list[bytes]) -> None:
    registry = suite.chain.registry
    for customer in customers:
        wallet = registry.walletOf(customer)
        if wallet != NOBODY:
            assert registry.idOf(wallet) == customer
    for wallet in suite.chain.wallets:
        owner = registry.idOf(wallet.address)
        if owner != bytes(32):
            assert registry.walletOf(owner) == wallet.address


def accounts_equal_the_model(suite: Suite, customers: list[bytes]) -> None:
    points, model, now = suite.chain.loyalty, suite.loyalty, suite.evm.timestamp
    for customer in customers:
        assert points.balanceOf(customer) == model.balance(customer)
        assert points.debtOf(customer) == model.debts.get(customer, 0)
        assert points.qualifying(customer) == model.qualifying(customer)
        assert points.tierOf(customer) == model.tier(customer)
        lanes, ends = points.expiring(customer)
        lots = model.spendable(customer)
        firsts = [dates.later(model.epoch, i, model.months) for i in range(1, 6)]
        assert tuple(ends) == tuple(dates.seconds(first) for first in firsts)
        assert {end: n for end, n in zip(ends, lanes, strict=True) if n} == {
            dates.lost_at(first, model.months): n for first, n in lots.items()
        }
        met = points.standing(customer, bytes(32), 0)
        assert met == (closed_because(suite, customer), model.tier(customer), False, 0)
    assert points.liability() == model.liability()
    epoch = dates.number(model.epoch, model.months)
    assert points.epochAt(now) == epoch


def closed_because(suite: Suite, customer: bytes) -> bytes:
    """The selector of why a customer cannot earn; zero if they can."""
    try:
        suite.registry.living(customer)
    except Refused as refusal:
        return reason(refusal.name)
    return bytes(4)


def outstanding_equals_the_model(suite: Suite) -> None:
    """Also of epochs that have passed: what expired is known as exactly as what is owed."""
    points, model = suite.chain.loyalty, suite.loyalty
    for first in {first for _, first in model.lots}:
        epoch = dates.number(first, model.months) + dates.LIVES - 1
        assert points.outstanding(epoch) == model.outstanding(first)


def entries_equal_the_model(suite: Suite, refs: list[bytes], customers: list[bytes]) -> None:
    conflict = reason("RefConflict")
    for ref in {*refs, *suite.loyalty.entries}:
        met = Entry(*suite.chain.loyalty.entry(ref))
        entry = suite.loyalty.entry(ref)
        assert met == entry, ref.hex()
        for customer in customers:
            for terms in (0, entry.terms, entry.terms ^ 1):
                told = suite.chain.loyalty.standing(customer, ref, terms)
                if entry.state == State.NONE:
                    assert told[1:] == (suite.loyalty.tier(customer), False, 0)
                    continue
                same = (entry.customer, entry.terms) == (mark(customer), terms)
                recorded = same and entry.state != State.REDEEMED
                assert told == (bytes(4) if recorded else conflict, 0, recorded, entry.points)


def issuers_equal_the_model(suite: Suite) -> None:
    points, model = suite.chain.loyalty, suite.loyalty
    assert sorted(points.issuers()) == sorted(model.caps)
    for issuer, cap in model.caps.items():
        assert points.issuerCap(issuer) == (cap, model.left(issuer))
    assert points.tiers() == model.thresholds["now"]
    assert points.paused() == model.switches["paused"]


def records_equal_the_model(suite: Suite, customers: list[bytes]) -> None:
    registry, model = suite.chain.registry, suite.registry
    for customer in customers:
        assert Customer(*registry.customer(customer)) == model.customer(customer)
        assert Recovery(*registry.recovery(customer)) == model.recovery(customer)
        assert registry.walletOf(customer) == model.customer(customer).wallet
        assert registry.statusOf(customer) == model.customer(customer).status
        assert asked(registry.activeWallet, customer) == asked(model.activeWallet, customer)
        assert asked(registry.resolve, customer) == asked(model.resolve, customer)
        for level in (0, 1, 2, 3):
            assert registry.isVerified(customer, level) == model.is_verified(customer, level)
    for wallet in suite.chain.wallets:
        assert registry.idOf(wallet.address) == model.owners.get(wallet.address, bytes(32))
    for actor in ("operator", "steward"):
        account = suite.actors[actor]
        left = tuple(model.allowance(name, account) for name in ("links", "closings"))
        assert registry.allowances(account) == left
    assert registry.enrolmentOpen() == bool(model.settings["open"])


def rules_equal_the_model(suite: Suite, assets: list[bytes], customers: list[bytes]) -> None:
    earn, model = suite.chain.earn, suite.earn
    for asset in assets:
        assert asked(earn.purchaseRule, asset) == asked(_in_force, model, asset)
        assert earn.nextPurchaseRule(asset) == model.following(asset)
        for amount in (0, 99, 100, 12_345, 2**96 - 1):
            for customer in customers[:2]:
                expected = asked(model.quote, customer, asset, amount)
                assert asked(earn.quote, customer, asset, amount) == expected


def _in_force(model: Any, asset: bytes) -> Any:
    return tuple(model.in_force(asset))


def roles_equal_the_model(suite: Suite) -> None:
    for name, model in suite.models.items():
        contract: Contract = suite.chain.contracts[name]
        for title, account in model.members:
            assert contract.hasRole(title, account)


def replayed_events_give_the_state(
    suite: Suite, customers: list[bytes], assets: list[bytes]
) -> None:
    """Everything that the views tell, rebuilt by a reader who has only the logs."""
    now, chain = suite.evm.timestamp, suite.chain
    replay = Replay(chain.months, suite.log)
    _registry_from_logs(replay, chain.registry, customers)
    points = replay.loyalty
    for customer in customers:
        assert chain.loyalty.balanceOf(customer) == sum(points.alive(customer, now).values())
        debt = chain.loyalty.debtOf(customer)
        assert debt == points.owed.get(customer, 0) == points.told.get(customer, 0)
        assert chain.loyalty.tierOf(customer) == points.tier(customer, now)
    for ref, entry in points.entries.items():
        assert Entry(*chain.loyalty.entry(ref)) == entry
    assert chain.loyalty.paused() == points.paused
    for issuer in chain.loyalty.issuers():
        assert chain.loyalty.issuerCap(issuer)[0] == points.caps.get(issuer, 0)
    for asset in assets:
        in_force, coming = replay.earn.rules(asset, now)
        met = asked(chain.earn.purchaseRule, asset)
        assert met == in_force if in_force else isinstance(met, Refused)
        assert chain.earn.nextPurchaseRule(asset) == coming
    logs_give_the_consents(suite, replay.consents, customers)
    assert chain.onboarding.welcome() == replay.onboarding.welcome
    for name, title, account in replay.members:
        assert chain.contracts[name].hasRole(title, account)
    members = sum(len(model.members) - 1 for model in suite.models.values())
    assert members == len(replay.members)


def _registry_from_logs(replay: Replay, registry: Contract, customers: list[bytes]) -> None:
    told = replay.registry
    for customer in customers:
        met = Customer(*registry.customer(customer))
        assert met == told.customers.get(customer, Customer())
        if customer in told.customers:
            assert registry.recovery(customer) == told.recovery(customer)
    for wallet, owner in told.owners.items():
        assert registry.idOf(wallet) == owner
    assert registry.enrolmentOpen() == told.enrolment
