"""Lanes as customers see them: what was earned when, what is lost when, what is spent first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.support.machine import digest
from tests.contracts.support.model import dates
from tests.contracts.support.suite import Deployment, deployment

CUSTOMER = digest("customer", 0)
POINTS = st.integers(1, 2**30)
# Epochs to wait, then points to earn.
HISTORY = st.lists(st.tuples(st.integers(0, 7), POINTS), min_size=1, max_size=8)


def earned(months: int, history: list[tuple[int, int]]) -> tuple[Deployment, dict[int, int]]:
    """A customer who earned; and what was earned by the time at which it is lost."""
    chain = deployment(months)
    chain.reset()
    issuer, admin = chain.actors["issuer"], chain.actors["admin"]
    chain.registry.register(CUSTOMER, bytes(32), sender=chain.actors["operator"])
    chain.loyalty.setIssuerCap(issuer, 2**64 - 1, sender=admin)
    lost: dict[int, int] = {}
    for number, (epochs, points) in enumerate(history):
        wait(chain, epochs)
        first = dates.start_of_epoch(dates.day_of(chain.evm.timestamp), months)
        chain.loyalty.award(CUSTOMER, digest("ref", number), points, 0, sender=issuer)
        at = dates.lost_at(first, months)
        lost[at] = lost.get(at, 0) + points
    return chain, lost


def wait(chain: Deployment, epochs: int) -> None:
    if epochs:
        first = dates.start_of_epoch(dates.day_of(chain.evm.timestamp), chain.months)
        chain.evm.warp(dates.seconds(dates.later(first, epochs, chain.months)))


def shown(chain: Deployment) -> dict[int, int]:
    points, ends = chain.loyalty.expiring(CUSTOMER)
    return {end: n for end, n in zip(ends, points, strict=True) if n}


@given(months=st.sampled_from([1, 3, 12]), history=HISTORY, after=st.integers(0, 6))
def test_points_live_through_four_epochs_after_their_own(
    months: int, history: list[tuple[int, int]], after: int
) -> None:
    chain, lost = earned(months, history)
    wait(chain, after)
    alive = {at: n for at, n in lost.items() if at > chain.evm.timestamp}
    assert shown(chain) == alive
    assert chain.loyalty.balanceOf(CUSTOMER) == sum(alive.values()) == chain.loyalty.liability()


@given(history=HISTORY, share=st.integers(1, 100))
def test_spending_takes_the_points_that_are_lost_first(
    history: list[tuple[int, int]], share: int
) -> None:
    chain, lost = earned(1, history)
    alive = {at: n for at, n in sorted(lost.items()) if at > chain.evm.timestamp}
    want = max(1, sum(alive.values()) * share // 100)
    issuer = chain.actors["issuer"]
    chain.loyalty.redeem(CUSTOMER, digest("ref", 99), want, sender=issuer)

    expected, left = {}, want
    for at, points in alive.items():
        taken = min(points, left)
        left -= taken
        if points > taken:
            expected[at] = points - taken
    assert shown(chain) == expected


@given(history=HISTORY)
def test_points_are_spendable_until_the_second_before_they_are_lost(
    history: list[tuple[int, int]],
) -> None:
    chain, lost = earned(1, history)
    first = min(at for at in lost if at > chain.evm.timestamp)
    before = chain.loyalty.balanceOf(CUSTOMER)
    chain.evm.warp(first - 1)
    assert chain.loyalty.balanceOf(CUSTOMER) == before
    chain.evm.warp(first)
    assert chain.loyalty.balanceOf(CUSTOMER) == before - lost[first]
