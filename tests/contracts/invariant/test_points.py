"""The corners of LoyaltyPoints that histories of random calls reach seldom or never."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contracts.support import artifacts
from tests.contracts.support.evm import Event, account
from tests.contracts.support.machine import digest
from tests.contracts.support.model.ledger import role
from tests.contracts.support.model.loyalty import Entry, LoyaltyModel, State, mark, reason
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.refusals import refused
from tests.contracts.support.scene import Scene
from tests.contracts.support.suite import ADMIN_DELAY, ISSUER_CAP

DAY = 86_400
FULL = 2**32 - 1
NEW = digest("new", 0)


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def award(scene: Scene, number: int, points: int, customer: bytes | None = None) -> bytes:
    ref = digest("award", number)
    scene.points.award(customer or scene.other, ref, points, 0, **scene.by("issuer"))
    return ref


# Construction


def test_constructor_keeps_what_it_was_given() -> None:
    scene = Scene(months=3)
    assert scene.points.EPOCH_MONTHS() == 3
    assert scene.points.REGISTRY() == scene.registry.address
    assert scene.points.defaultAdminDelay() == ADMIN_DELAY
    assert scene.points.eip712Domain()[1:3] == ("Rapport LoyaltyPoints", "1")
    assert (scene.points.MAX_TIERS(), scene.points.MAX_ISSUERS()) == (7, 16)


@pytest.mark.parametrize("months", [0, 5, 7, 8, 9, 10, 11, 13, 24])
def test_constructor_refuses_epochs_that_do_not_divide_a_year(months: int) -> None:
    scene = Scene()
    admin = scene.actors["admin"]
    with refused("BadEpoch", months):
        scene.evm.deploy(artifacts.load("LoyaltyPoints"), admin, 0, scene.registry.address, months)


def test_constructor_refuses_a_ledger_without_registry() -> None:
    scene = Scene()
    with refused("ZeroAddress"):
        scene.evm.deploy(artifacts.load("LoyaltyPoints"), scene.actors["admin"], 0, NOBODY, 1)


# Awards


def test_pending_award_settles_at_its_second_and_not_before() -> None:
    scene = Scene()
    due = scene.evm.timestamp + DAY
    args = (scene.other, NEW, 5, due)
    scene.points.award(*args, **scene.by("issuer"))
    assert Entry(*scene.points.entry(NEW)) == Entry(
        mark(scene.other), 5, 0, due, 0, 0, State.PENDING
    )
    scene.evm.warp(due - 1)
    with refused("NotYet", due - 1, due):
        scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.settleBatch([scene.other], [NEW], **scene.by("stranger")) == 0
    scene.evm.warp(due)
    mark_ = scene.evm.snapshot()
    assert scene.points.settleBatch([scene.other], [NEW], **scene.by("stranger")) == 1
    scene.evm.revert(mark_)
    scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.balanceOf(scene.other) == 5
    with refused("AlreadySettled", NEW):
        scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.award(*args, **scene.by("issuer")) is False


def test_award_available_this_very_second_is_not_pending() -> None:
    scene = Scene()
    now = scene.evm.timestamp
    scene.points.award(scene.other, NEW, 5, now, **scene.by("issuer"))
    assert scene.points.balanceOf(scene.other) == 5
    scene.points.awardBatch([(scene.other, digest("new", 1), 6)], now, **scene.by("issuer"))
    assert scene.points.balanceOf(scene.other) == 11


def test_settle_refuses_what_is_no_pending_award() -> None:
    scene = Scene()
    with refused("UnknownRef", NEW):
        scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    with refused("UnknownRef", scene.redeemed):
        scene.points.settle(scene.bare, scene.redeemed, **scene.by("stranger"))


def test_settle_batch_settles_what_is_due_and_skips_the_rest() -> None:
    scene = Scene()
    now, by = scene.evm.timestamp, scene.by
    soon, late, gone = (digest("new", i) for i in range(1, 4))
    scene.points.award(scene.other, soon, 5, now + 1, **by("issuer"))
    scene.points.award(scene.other, late, 7, now + 2, **by("issuer"))
    scene.points.award(scene.bare, gone, 9, now + 1, **by("issuer"))
    scene.registry.erase(scene.bare, **by("steward"))
    scene.evm.warp(now + 1)
    people = [scene.other, scene.other, scene.bare, scene.linked, scene.linked, scene.linked]
    refs = [soon, late, gone, scene.due, scene.awarded, NEW]
    assert scene.points.settleBatch(people, refs, **by("stranger")) == 2
    told = {event.args[1]: event.args[2] for event in scene.events if len(event.args) == 3}
    assert told == {
        late: reason("NotYet"),
        gone: reason("CustomerClosed"),
        NEW: reason("UnknownRef"),
    }
    assert [event.name for event in scene.events].count("SettleRefused") == 3
    assert scene.points.balanceOf(scene.other) == 5
    with refused("LengthMismatch", 1, 2):
        scene.points.settleBatch([scene.other], [soon, late], **by("stranger"))


def test_award_batch_refuses_by_event_and_serves_everybody_else() -> None:
    scene = Scene()
    scene.registry.erase(scene.bare, **scene.by("steward"))
    batch = [
        (scene.other, NEW, 5),
        (scene.other, NEW, 5),
        (scene.other, NEW, 6),
        (scene.bare, digest("new", 1), 7),
        (scene.linked, scene.due, 70),
        (scene.other, digest("new", 2), 8),
    ]
    left = scene.points.issuerCap(scene.actors["issuer"])[1]
    assert scene.points.awardBatch(batch, 0, **scene.by("issuer")) == 2
    names = [event.name for event in scene.events]
    assert names == ["Awarded", "AwardRefused", "AwardRefused", "Awarded"]
    assert scene.points.issuerCap(scene.actors["issuer"])[1] == left - 13
    assert scene.points.balanceOf(scene.other) == 13


def test_award_of_no_points_is_refused_but_an_order_may_earn_none() -> None:
    scene = Scene()
    with refused("ZeroAmount"):
        scene.points.award(scene.other, NEW, 0, 0, **scene.by("issuer"))
    with refused("ZeroAmount"):
        scene.points.awardBatch([(scene.other, NEW, 0)], 0, **scene.by("issuer"))
    assert scene.points.awardUnder(scene.other, NEW, 0, 0, 3, **scene.by("issuer"))
    assert scene.points.balanceOf(scene.other) == 0
    with refused("CustomerClosed", scene.bare):
        scene.registry.erase(scene.bare, **scene.by("steward"))
        scene.points.awardUnder(scene.bare, digest("n", 1), 0, 0, 3, **scene.by("issuer"))


def test_an_epoch_of_an_account_holds_exactly_32_bits() -> None:
    scene = Scene()
    award(scene, 0, FULL - 1)
    award(scene, 1, 1)
    with refused("EpochFull", FULL + 1):
        award(scene, 2, 1)
    assert scene.points.balanceOf(scene.other) == FULL
    assert scene.points.qualifying(scene.other) == (FULL, 0)


def test_tier_counter_stays_at_its_largest_number() -> None:
    scene = Scene()
    scene.points.setIssuerCap(scene.actors["issuer"], 2**64 - 1, **scene.by("admin"))
    award(scene, 0, FULL)
    scene.evm.warp(at(1997, 2, 1))
    award(scene, 1, FULL)
    assert scene.points.qualifying(scene.other) == (FULL, 0)
    scene.evm.warp(at(1998, 1, 1))
    assert scene.points.qualifying(scene.other) == (0, FULL)


# Caps


def test_cap_is_for_the_utc_day_and_starts_anew_with_the_next() -> None:
    scene = Scene()
    issuer = scene.actors["issuer"]
    scene.evm.warp(at(1997, 3, 1, 23, 59, 59))
    scene.points.setIssuerCap(issuer, 100, **scene.by("admin"))
    assert scene.points.issuerCap(issuer) == (100, 100)
    award(scene, 0, 60)
    assert scene.points.issuerCap(issuer) == (100, 40)
    with refused("IssuerCapExceeded", issuer, 41, 40):
        award(scene, 1, 41)
    award(scene, 2, 40)
    with refused("IssuerCapExceeded", issuer, 1, 0):
        award(scene, 3, 1)
    for day in (2, 3):  # one of the two days begins an even number of days since 1970
        scene.evm.warp(at(1997, 3, day))
        assert scene.points.issuerCap(issuer) == (100, 100)
        award(scene, 10 + day, 100)
        with refused("IssuerCapExceeded", issuer, 1, 0):
            award(scene, 20 + day, 1)


def test_cap_lowered_below_what_was_used_leaves_nothing() -> None:
    scene = Scene()
    issuer = scene.actors["issuer"]
    award(scene, 0, 60)
    scene.points.setIssuerCap(issuer, 59, **scene.by("admin"))
    assert scene.points.issuerCap(issuer) == (59, 0)
    with refused("IssuerCapExceeded", issuer, 1, 0):
        award(scene, 1, 1)


@pytest.mark.parametrize("verb", ["reverse", "refund", "redeem", "batch", "pending"])
def test_everything_an_issuer_moves_counts_toward_its_cap(verb: str) -> None:
    scene = Scene()
    issuer = scene.actors["issuer"]
    left = scene.points.issuerCap(issuer)[1]
    by, now = scene.by("issuer"), scene.evm.timestamp
    moves = {
        "reverse": lambda: scene.points.reverse(scene.linked, scene.awarded, 7, **by),
        "refund": lambda: scene.points.refund(scene.bare, scene.redeemed, 7, **by),
        "redeem": lambda: scene.points.redeem(scene.bare, NEW, 7, **by),
        "batch": lambda: scene.points.awardBatch([(scene.bare, NEW, 7)], 0, **by),
        "pending": lambda: scene.points.award(scene.bare, NEW, 7, now + 1, **by),
    }
    moves[verb]()
    assert scene.points.issuerCap(issuer) == (ISSUER_CAP, left - 7)
    moves[verb]()  # a retry moves nothing
    assert scene.points.issuerCap(issuer) == (ISSUER_CAP, left - 7)
    scene.points.setIssuerCap(issuer, 0, **scene.by("admin"))
    moves[verb]()


def test_there_are_at_most_sixteen_issuers_and_pausing_stops_each() -> None:
    scene = Scene()
    admin = scene.by("admin")
    people = [account(f"issuer {i}") for i in range(15)]
    for person in people[:14]:
        scene.points.grantRole(role("ISSUER"), person, **admin)
    with refused("TooManyIssuers", 16):
        scene.points.grantRole(role("ISSUER"), people[14], **admin)
    scene.points.pause(**scene.by("guardian"))
    for person in [*people[:14], scene.actors["issuer"]]:
        with refused("EnforcedPause"):
            scene.points.award(scene.other, NEW, 1, 0, sender=person)
    scene.points.unpause(**admin)
    for number, person in enumerate(people[:14]):
        scene.points.setIssuerCap(person, 1, **admin)
        scene.points.award(scene.other, digest("by", number), 1, 0, sender=person)
    assert scene.points.balanceOf(scene.other) == 14


def test_an_issuer_made_while_paused_begins_paused() -> None:
    scene = Scene()
    person = account("late issuer")
    scene.points.pause(**scene.by("guardian"))
    scene.points.grantRole(role("ISSUER"), person, **scene.by("admin"))
    with refused("EnforcedPause"):
        scene.points.award(scene.other, NEW, 1, 0, sender=person)
    scene.points.unpause(**scene.by("admin"))
    scene.points.setIssuerCap(person, 1, **scene.by("admin"))
    scene.points.award(scene.other, NEW, 1, 0, sender=person)


def test_what_an_issuer_gave_stays_owed_when_the_role_is_taken_away() -> None:
    scene = Scene()
    before = scene.points.liability()
    award(scene, 0, 60)
    scene.points.revokeRole(role("ISSUER"), scene.actors["issuer"], **scene.by("admin"))
    assert scene.points.liability() == before + 60
    assert scene.points.issuerCap(scene.actors["issuer"]) == (0, 0)
    assert scene.points.issuers() == (scene.earn.address,)
    scene.points.grantRole(role("ISSUER"), scene.actors["issuer"], **scene.by("admin"))
    scene.points.setIssuerCap(scene.actors["issuer"], 10, **scene.by("admin"))
    assert scene.points.issuerCap(scene.actors["issuer"]) == (10, 10)
    assert scene.points.liability() == before + 60


def test_outstanding_is_known_by_expiry_across_issuers_and_epochs() -> None:
    scene = Scene()
    other = account("second issuer")
    scene.points.grantRole(role("ISSUER"), other, **scene.by("admin"))
    scene.points.setIssuerCap(other, 1_000, **scene.by("admin"))
    # January 1997 is epoch 324; its points are lost when epoch 328 ends.
    start = scene.points.outstanding(328)
    award(scene, 0, 60)
    scene.points.award(scene.other, NEW, 40, 0, sender=other)
    assert scene.points.outstanding(328) == start + 100
    scene.evm.warp(at(1997, 2, 1))
    award(scene, 1, 5)
    scene.points.award(scene.other, digest("new", 1), 4, 0, sender=other)
    assert (scene.points.outstanding(328), scene.points.outstanding(329)) == (start + 100, 9)
    scene.evm.warp(at(1997, 6, 1) - 1)
    assert scene.points.liability() == start + 109
    scene.evm.warp(at(1997, 6, 1))
    assert scene.points.liability() == 9
    assert scene.points.outstanding(328) == start + 100


# Reversals and debt


def test_reverse_draws_the_award_first_then_the_oldest_then_makes_debt() -> None:
    scene = Scene()
    award(scene, 0, 10)
    scene.evm.warp(at(1997, 2, 1))
    newer = award(scene, 1, 30)
    scene.points.redeem(scene.other, NEW, 15, **scene.by("issuer"))  # all 10, then 5 of the 30
    scene.evm.warp(at(1997, 3, 1))
    award(scene, 2, 2)
    assert scene.points.reverse(scene.other, newer, 26, **scene.by("issuer"))
    assert scene.points.expiring(scene.other)[0] == (0, 0, 0, 0, 1)
    assert scene.points.reverse(scene.other, newer, 30, **scene.by("issuer"))
    told = Event("LoyaltyPoints", "Reversed", (scene.other, newer, scene.other, 30, 3))
    assert scene.events[-1] == told
    assert (scene.points.balanceOf(scene.other), scene.points.debtOf(scene.other)) == (0, 3)
    award(scene, 3, 2)
    assert (scene.points.balanceOf(scene.other), scene.points.debtOf(scene.other)) == (0, 1)
    award(scene, 4, 9)
    assert (scene.points.balanceOf(scene.other), scene.points.debtOf(scene.other)) == (8, 0)


def test_reverse_is_refused_once_the_award_has_expired() -> None:
    scene = Scene()
    ref = award(scene, 0, 10)
    lost = at(1997, 6, 1)
    scene.evm.warp(lost - 1)
    assert scene.points.reverse(scene.other, ref, 1, **scene.by("issuer"))
    scene.evm.warp(lost)
    with refused("AwardExpired", ref, lost):
        scene.points.reverse(scene.other, ref, 2, **scene.by("issuer"))


def test_reverse_takes_tier_credit_of_the_year_in_which_it_was_earned() -> None:
    scene = Scene()
    scene.evm.warp(at(1997, 12, 1))
    old = award(scene, 0, 100)
    scene.evm.warp(at(1998, 1, 1))
    award(scene, 1, 40)
    scene.points.reverse(scene.other, old, 30, **scene.by("issuer"))
    assert scene.points.qualifying(scene.other) == (40, 70)
    scene.evm.warp(at(1999, 1, 1))
    assert scene.points.qualifying(scene.other) == (0, 40)
    scene.evm.warp(at(2000, 1, 1))
    assert scene.points.qualifying(scene.other) == (0, 0)


def test_tier_credit_of_two_years_ago_is_left_alone() -> None:
    scene = Scene(months=12)
    old = award(scene, 0, 100)
    scene.evm.warp(at(1998, 6, 1))
    award(scene, 1, 70)
    scene.evm.warp(at(1999, 6, 1))
    award(scene, 2, 40)
    scene.points.reverse(scene.other, old, 100, **scene.by("issuer"))
    assert scene.points.qualifying(scene.other) == (40, 70)


def test_reversing_a_pending_award_lets_less_settle() -> None:
    scene = Scene()
    scene.points.reverse(scene.linked, scene.due, 20, **scene.by("issuer"))
    told = Event("LoyaltyPoints", "Reversed", (scene.linked, scene.due, scene.linked, 20, 0))
    assert scene.events == [told]
    before = scene.points.balanceOf(scene.linked)
    scene.points.settle(scene.linked, scene.due, **scene.by("stranger"))
    assert scene.points.balanceOf(scene.linked) == before + 50


def test_reverse_and_refund_name_what_they_cannot_undo() -> None:
    scene = Scene()
    by = scene.by("issuer")
    with refused("ExceedsEntry", scene.awarded, 1_001, 1_000):
        scene.points.reverse(scene.linked, scene.awarded, 1_001, **by)
    with refused("UnknownRef", scene.redeemed):
        scene.points.reverse(scene.bare, scene.redeemed, 1, **by)
    with refused("UnknownRef", NEW):
        scene.points.reverse(scene.bare, NEW, 0, **by)
    with refused("ExceedsEntry", scene.redeemed, 301, 300):
        scene.points.refund(scene.bare, scene.redeemed, 301, **by)
    with refused("UnknownRef", scene.awarded):
        scene.points.refund(scene.linked, scene.awarded, 1, **by)
    assert scene.points.reverse(scene.linked, scene.awarded, 0, **by) is False
    assert scene.points.refund(scene.bare, scene.redeemed, 300, **by) is True
    assert scene.points.refund(scene.bare, scene.redeemed, 299, **by) is False


# Spending


def test_redeem_takes_all_and_not_one_more() -> None:
    scene = Scene()
    with refused("InsufficientPoints", scene.linked, 1_100, 1_101):
        scene.points.redeem(scene.linked, NEW, 1_101, **scene.by("wallet"))
    with refused("ZeroAmount"):
        scene.points.redeem(scene.linked, NEW, 0, **scene.by("wallet"))
    assert scene.points.redeem(scene.linked, NEW, 1_100, **scene.by("wallet"))
    assert scene.points.balanceOf(scene.linked) == 0


def test_a_customers_reference_never_occupies_one_of_the_brand() -> None:
    scene = Scene()
    scene.points.redeem(scene.linked, NEW, 10, **scene.by("wallet"))
    kept = LoyaltyModel.customerRef(scene.linked, NEW)
    assert scene.points.customerRef(scene.linked, NEW) == kept
    assert Entry(*scene.points.entry(kept)).state == State.REDEEMED
    assert Entry(*scene.points.entry(NEW)) == Entry()
    assert scene.points.redeem(scene.bare, NEW, 10, **scene.by("issuer"))


def test_an_issuers_retried_redemption_stays_a_no_op_after_a_wallet_was_linked() -> None:
    scene = Scene()
    scene.link(scene.bare, scene.spare)
    assert scene.points.redeem(scene.bare, scene.redeemed, 300, **scene.by("issuer")) is False
    with refused("NotTheCustomer", scene.bare, scene.actors["issuer"]):
        scene.points.redeem(scene.bare, scene.redeemed, 299, **scene.by("issuer"))


def test_a_reference_of_an_award_serves_no_redemption_and_the_other_way_round() -> None:
    scene = Scene()
    ref = award(scene, 0, 10)
    with refused("RefConflict", ref):
        scene.points.redeem(scene.other, ref, 10, **scene.by("issuer"))
    with refused("RefConflict", scene.redeemed):
        scene.points.award(scene.bare, scene.redeemed, 300, 0, **scene.by("issuer"))
    for customer, points, terms in (
        (scene.bare, 10, 0),
        (scene.other, 11, 0),
        (scene.other, 10, 1),
    ):
        with refused("RefConflict", ref):
            scene.points.awardUnder(customer, ref, points, 0, terms, **scene.by("issuer"))


def test_suspended_customers_keep_their_points_and_cannot_spend_them() -> None:
    scene = Scene()
    args = scene.redeem_intent(scene.linked, NEW, 10, scene.wallet)
    scene.registry.suspend(scene.linked, bytes(32), **scene.by("operator"))
    with refused("CustomerSuspended", scene.linked):
        scene.points.redeem(scene.linked, NEW, 10, **scene.by("wallet"))
    with refused("CustomerSuspended", scene.linked):
        scene.points.redeemBySig(*args, **scene.by("stranger"))
    award(scene, 0, 5, scene.linked)
    assert scene.points.balanceOf(scene.linked) == 1_105


def test_pausing_never_stops_a_customer() -> None:
    scene = Scene()
    scene.points.pause(**scene.by("guardian"))
    with refused("EnforcedPause"):
        scene.points.credit(scene.linked, NEW, 5, **scene.by("campaign"))
    args = scene.redeem_intent(scene.linked, NEW, 10, scene.wallet)
    assert scene.points.redeemBySig(*args, **scene.by("stranger"))
    assert scene.points.redeem(scene.linked, digest("new", 1), 10, **scene.by("wallet"))
    scene.points.settle(scene.linked, scene.due, **scene.by("stranger"))
    scene.registry.erase(scene.linked, **scene.by("wallet"))


# Campaigns, merges and tiers


def test_credit_gives_points_without_tier_and_to_living_customers_only() -> None:
    scene = Scene()
    before = scene.points.liability()
    with refused("ZeroAmount"):
        scene.points.credit(scene.other, NEW, 0, **scene.by("campaign"))
    scene.points.credit(scene.other, NEW, 5, **scene.by("campaign"))
    assert scene.points.balanceOf(scene.other) == 5
    assert scene.points.qualifying(scene.other) == (0, 0)
    assert scene.points.liability() == before + 5
    with refused("UnknownCustomer", NEW):
        scene.points.credit(NEW, NEW, 5, **scene.by("campaign"))
    scene.registry.erase(scene.other, **scene.by("steward"))
    with refused("CustomerClosed", scene.other):
        scene.points.credit(scene.other, NEW, 5, **scene.by("campaign"))


def test_merge_joins_lanes_tier_credit_and_debts() -> None:
    scene = Scene()
    spent = award(scene, 0, 50)
    scene.points.redeem(scene.other, NEW, 50, **scene.by("issuer"))
    scene.points.reverse(scene.other, spent, 50, **scene.by("issuer"))
    scene.evm.warp(at(1998, 1, 1))
    award(scene, 1, 1_000, scene.bare)
    before = scene.points.liability()
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    told = [event for event in scene.events if event.contract == "LoyaltyPoints"]
    assert told == [
        Event("LoyaltyPoints", "DebtChanged", (scene.bare, 0)),
        Event("LoyaltyPoints", "AccountMerged", (scene.other, scene.bare)),
    ]
    assert scene.points.balanceOf(scene.bare) == 950
    assert scene.points.qualifying(scene.bare) == (1_000, 1_000)
    assert scene.points.liability() == before - 50
    assert scene.points.debtOf(scene.other) == 0


def test_merge_moves_a_debt_that_cannot_be_paid() -> None:
    scene = Scene()
    spent = award(scene, 0, 50)
    scene.points.redeem(scene.other, NEW, 50, **scene.by("issuer"))
    scene.points.reverse(scene.other, spent, 50, **scene.by("issuer"))
    poor = digest("customer", 7)
    scene.registry.register(poor, bytes(32), **scene.by("operator"))
    scene.registry.merge(scene.other, poor, 0, b"", **scene.by("steward"))
    assert (scene.points.debtOf(poor), scene.points.debtOf(scene.other)) == (50, 0)
    award(scene, 1, 60, poor)
    assert (scene.points.balanceOf(poor), scene.points.debtOf(poor)) == (10, 0)


def test_merge_joins_full_counters_without_overflow() -> None:
    scene = Scene()
    rich = digest("customer", 7)
    scene.registry.register(rich, bytes(32), **scene.by("operator"))
    scene.points.setIssuerCap(scene.actors["issuer"], 2**64 - 1, **scene.by("admin"))
    for customer, number in ((scene.other, 0), (rich, 2)):
        award(scene, number, FULL, customer)
        scene.points.redeem(customer, digest("all", number), FULL, **scene.by("issuer"))
    scene.evm.warp(at(1998, 3, 1))
    for customer, number in ((scene.other, 4), (rich, 6)):
        award(scene, number, FULL, customer)
        scene.points.redeem(customer, digest("all", number), FULL, **scene.by("issuer"))
    scene.registry.merge(scene.other, rich, 0, b"", **scene.by("steward"))
    assert scene.points.qualifying(rich) == (FULL, FULL)


def test_erasure_forfeits_the_balance_and_writes_off_the_debt() -> None:
    scene = Scene()
    before = scene.points.liability()
    held = scene.points.balanceOf(scene.bare)
    scene.registry.erase(scene.bare, **scene.by("steward"))
    told = Event("LoyaltyPoints", "AccountForfeited", (scene.bare, held, 0))
    assert scene.events[-1] == told
    assert scene.points.liability() == before - held

    spent = award(scene, 0, 50)
    scene.points.redeem(scene.other, NEW, 50, **scene.by("issuer"))
    scene.points.reverse(scene.other, spent, 20, **scene.by("issuer"))
    scene.registry.erase(scene.other, **scene.by("steward"))
    told = Event("LoyaltyPoints", "AccountForfeited", (scene.other, 0, 20))
    assert scene.events[-1] == told
    assert scene.points.debtOf(scene.other) == 0
    with refused("CustomerClosed", scene.other):
        scene.points.refund(scene.other, NEW, 10, **scene.by("issuer"))


def test_an_award_pending_at_a_merge_settles_to_the_heir() -> None:
    scene = Scene()
    due = scene.evm.timestamp + DAY
    scene.points.award(scene.other, NEW, 5, due, **scene.by("issuer"))
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    scene.evm.warp(due)
    before = scene.points.balanceOf(scene.bare)
    scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    assert scene.points.balanceOf(scene.bare) == before + 5


def test_tiers_begin_exactly_at_their_thresholds() -> None:
    scene = Scene()
    limits = [10, 20, 30, 40, 50, 60, FULL]
    scene.points.setTiers(limits, **scene.by("admin"))
    assert scene.points.tiers() == tuple(limits)
    award(scene, 0, 9)
    for number, tier in enumerate(range(6)):
        assert scene.points.tierOf(scene.other) == tier
        award(scene, 2 * number + 1, 1)
        assert scene.points.tierOf(scene.other) == tier + 1
        award(scene, 2 * number + 2, 9)
    award(scene, 50, FULL - 69)
    assert scene.points.tierOf(scene.other) == 7


def test_tier_is_kept_through_the_year_after_it_was_earned() -> None:
    scene = Scene()
    scene.points.setTiers([10, 20], **scene.by("admin"))
    award(scene, 0, 25)
    scene.evm.warp(at(1998, 12, 31, 23, 59, 59))
    assert scene.points.tierOf(scene.other) == 2
    award(scene, 1, 12)
    assert scene.points.tierOf(scene.other) == 2
    scene.evm.warp(at(1999, 1, 1))
    assert scene.points.tierOf(scene.other) == 1


@pytest.mark.parametrize("limits", [[0], [5, 5], [6, 5], [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 0]])
def test_tiers_that_do_not_grow_or_are_too_many_are_refused(limits: list[int]) -> None:
    scene = Scene()
    with refused("BadTiers"):
        scene.points.setTiers(limits, **scene.by("admin"))


def test_tiers_can_be_taken_away() -> None:
    scene = Scene()
    scene.points.setTiers([1], **scene.by("admin"))
    scene.points.setTiers([], **scene.by("admin"))
    assert (scene.points.tiers(), scene.points.tierOf(scene.linked)) == ((), 0)


def test_settle_batch_settles_to_the_heir_of_a_merged_customer() -> None:
    scene = Scene()
    due = scene.evm.timestamp + DAY
    scene.points.award(scene.other, NEW, 5, due, **scene.by("issuer"))
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    scene.evm.warp(due)
    before = scene.points.balanceOf(scene.bare)
    assert scene.points.settleBatch([scene.other], [NEW], **scene.by("stranger")) == 1
    told = Event("LoyaltyPoints", "Settled", (scene.other, NEW, scene.bare, 5))
    assert scene.events == [told]
    assert scene.points.balanceOf(scene.bare) == before + 5


def test_a_customer_closed_while_the_ledger_was_detached_earns_nothing_from_campaigns() -> None:
    scene = Scene()
    scene.registry.detachLedger(scene.points.address, **scene.by("admin"))
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    scene.registry.erase(scene.bare, **scene.by("steward"))
    for customer in (scene.other, scene.bare):
        with refused("CustomerClosed", customer):
            scene.points.credit(customer, NEW, 5, **scene.by("campaign"))


def test_tier_credit_taken_back_never_goes_below_nothing() -> None:
    scene = Scene()
    scene.points.setIssuerCap(scene.actors["issuer"], 2**64 - 1, **scene.by("admin"))
    first = award(scene, 0, FULL)
    scene.evm.warp(at(1997, 2, 1))
    second = award(scene, 1, FULL)  # the counter is full already
    scene.points.reverse(scene.other, first, FULL, **scene.by("issuer"))
    scene.points.reverse(scene.other, second, FULL, **scene.by("issuer"))
    assert scene.points.qualifying(scene.other) == (0, 0)
    assert scene.points.balanceOf(scene.other) == 0


def test_an_entry_keeps_its_other_content_when_it_is_settled_reversed_or_refunded() -> None:
    scene = Scene()
    due = scene.evm.timestamp + DAY
    args = (scene.other, NEW, 5, due, 77)
    scene.points.awardUnder(*args, **scene.by("issuer"))
    kept = Entry(mark(scene.other), 5, 0, due, 0, 77, State.PENDING)
    scene.points.reverse(scene.other, NEW, 1, **scene.by("issuer"))
    kept = kept._replace(undone=1)
    assert Entry(*scene.points.entry(NEW)) == kept
    scene.evm.warp(at(1997, 3, 1))
    scene.points.settle(scene.other, NEW, **scene.by("stranger"))
    kept = kept._replace(epoch=326, state=State.AWARDED)
    assert Entry(*scene.points.entry(NEW)) == kept
    scene.points.reverse(scene.other, NEW, 2, **scene.by("issuer"))
    assert Entry(*scene.points.entry(NEW)) == kept._replace(undone=2)

    spent = Entry(*scene.points.entry(scene.redeemed))
    assert spent == Entry(mark(scene.bare), 300, 0, 0, 324, 0, State.REDEEMED)
    scene.points.refund(scene.bare, scene.redeemed, 4, **scene.by("issuer"))
    assert Entry(*scene.points.entry(scene.redeemed)) == spent._replace(undone=4)


def test_other_roles_come_and_go_without_touching_the_right_to_issue() -> None:
    scene = Scene()
    issuer, admin = scene.actors["issuer"], scene.by("admin")
    scene.points.grantRole(role("CAMPAIGN"), issuer, **admin)
    scene.points.grantRole(role("CAMPAIGN"), account("nobody"), **admin)
    assert account("nobody") not in scene.points.issuers()
    before, owed = scene.points.issuerCap(issuer), scene.points.liability()
    scene.points.revokeRole(role("CAMPAIGN"), issuer, **admin)
    assert (scene.points.issuerCap(issuer), scene.points.liability()) == (before, owed)
    assert issuer in scene.points.issuers()
    scene.points.revokeRole(role("GUARDIAN"), issuer, **admin)
    award(scene, 0, 5)
    with refused("AccessControlUnauthorizedAccount", account("nobody"), role("ISSUER")):
        scene.points.award(scene.other, NEW, 1, 0, sender=account("nobody"))


def test_merge_adds_the_tier_credit_of_either_year() -> None:
    scene = Scene()
    award(scene, 0, 7)
    award(scene, 1, 20, scene.bare)
    scene.evm.warp(at(1998, 5, 1))
    award(scene, 2, 300)
    award(scene, 3, 4_000, scene.bare)
    scene.registry.merge(scene.other, scene.bare, 0, b"", **scene.by("steward"))
    assert scene.points.qualifying(scene.bare) == (4_300, 1_027)
    assert scene.points.qualifying(scene.other) == (0, 0)


def test_a_wallets_repeated_redemption_changes_nothing_and_another_number_is_refused() -> None:
    scene = Scene()
    assert scene.points.redeem(scene.linked, NEW, 10, **scene.by("wallet")) is True
    assert scene.points.redeem(scene.linked, NEW, 10, **scene.by("wallet")) is False
    assert scene.points.balanceOf(scene.linked) == 1_090
    with refused("RefConflict", LoyaltyModel.customerRef(scene.linked, NEW)):
        scene.points.redeem(scene.linked, NEW, 11, **scene.by("wallet"))
