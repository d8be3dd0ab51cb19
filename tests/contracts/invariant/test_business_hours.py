"""The clock of business hours, against one that looks at the calendar hour after hour.

Ten thousand agreements under random hours, offsets and pauses, through the contract itself: what
its clocks say at a random moment, when its targets are used up, and what a delivery then costs.
"""

from __future__ import annotations

import os
import random
from typing import NamedTuple

import pytest

from tests.contracts.support import artifacts
from tests.contracts.support.desk import DAY, OFFICE, PROVIDERS, Desk, desk, policy
from tests.contracts.support.machine import campaigns, digest
from tests.contracts.support.model import hours
from tests.contracts.support.model.agreements import Opening
from tests.contracts.support.model.policies import ALL_HOURS, HOUR, MAX_OFFSET, Policy
from tests.contracts.support.refusals import refused
from tests.contracts.support.suite import GENESIS

CASES = 1_000  # in each of ten parts
MOST_GAS = 1_500  # of one count
# Hours east of UTC that there are, summer and winter: none of them changes within a year here.
OFFSETS = [-12, -5, -3.5, 0, 1, 2, 5.5, 5.75, 8, 9.5, 12.75, 14]
WEEK = 7 * DAY


class Story(NamedTuple):
    """One agreement: under which terms, and when what happened, in Unix seconds."""

    mask: int
    offset: int
    max_pause: int
    response: int
    resolution: int
    opened: int
    pauses: tuple[tuple[int, int], ...]
    end: int
    lasts: bool  # the last pause is not over at the end

    @property
    def taken(self) -> int:
        """What the pauses have taken from the clock, in seconds of business hours."""
        whole = sum(
            hours.elapsed(self.mask, self.offset, begun, min(end, self.end))
            for begun, end in self.pauses
        )
        return min(whole, self.max_pause)

    def elapsed(self, end: int) -> int:
        return hours.elapsed(self.mask, self.offset, self.opened, end)

    @property
    def terms(self) -> Policy:
        return policy(
            desk().token,
            hours168=self.mask,
            utcOffset=self.offset,
            maxPause=self.max_pause,
            response=(self.response,) * 4,
            resolution=(self.resolution,) * 4,
            lateResponseBps=1_234,
            lateResolutionBps=567,
            perHourBps=89,
            maxCreditBps=9_000,
        )


def mask(dice: random.Random) -> int:
    """One hour, all, office hours, a few or any."""
    kind = dice.randrange(6)
    if kind == 0:
        return 1 << dice.randrange(168)
    if kind == 1:
        return ALL_HOURS
    if kind == 2:
        return OFFICE
    if kind == 3:
        return 1 << dice.randrange(168) | 1 << dice.randrange(168) | 1 << 167
    return dice.getrandbits(168) or 1


def moments(dice: random.Random, since: int, count: int) -> list[int]:
    """In order, from seconds to weeks apart, often on a full hour."""
    found = []
    for _ in range(count):
        since += dice.randrange(dice.choice([1, 90, HOUR, DAY, WEEK, 3 * WEEK])) + 1
        found.append(since - since % 1_800 + 1_800 if dice.random() < 0.2 else since)
        since = found[-1]
    return found


def story(dice: random.Random) -> Story:
    offset = int(dice.choice(OFFSETS) * HOUR)
    if dice.random() < 0.1:
        offset = dice.randint(-MAX_OFFSET, MAX_OFFSET)
    opened = GENESIS + dice.randrange(40 * 52 * WEEK)
    opened -= opened % HOUR if dice.random() < 0.2 else 0
    count = dice.choice([0, 0, 1, 2, 3])
    times = moments(dice, opened - 1, 2 * count + 1)
    pauses = tuple(zip(times[:-1:2], times[1:-1:2], strict=True))
    lasts = bool(pauses) and dice.random() < 0.3
    made = Story(
        mask(dice),
        offset,
        dice.choice([1, HOUR, DAY, 366 * DAY, dice.randrange(10 * DAY) + 1]),
        0,
        1,
        opened,
        pauses,
        times[-1],
        lasts,
    )
    if lasts:
        made = made._replace(pauses=(*pauses[:-1], (pauses[-1][0], 2**40)))
    # Mostly so long that the pauses can begin, often just as long.
    needed = made.elapsed(made.pauses[-1][0]) if made.pauses else made.elapsed(made.end)
    resolution = max(1, needed + dice.choice([0, 0, 1, -1, dice.randrange(DAY), 40 * HOUR]))
    response = dice.choice([0, 1, resolution, dice.randint(1, resolution), max(1, needed)])
    return made._replace(response=min(response, resolution), resolution=resolution)


class Stand:
    """A provider and a client whose agreements follow stories."""

    def __init__(self) -> None:
        self.chain: Desk = desk()
        self.at = self.chain.sla
        self.client = self.chain.payers[0].address
        self.provider = PROVIDERS[0].address

    def play(self, story: Story) -> bytes | None:
        """Up to its end, undelivered; None if a pause of it cannot begin."""
        self.chain.reset()
        evm, at, provider = self.chain.evm, self.at, self.provider
        at.createPolicy(digest("policy", 0), story.terms, sender=provider)
        evm.warp(story.opened)
        opening = Opening(1, 2, 10_000, self.client, bytes(32), digest("ref", 0), 0)
        key: bytes = at.open(opening, sender=self.client)[0]
        pauses: list[tuple[int, int]] = []
        for begun, end in story.pauses:
            evm.warp(begun)
            past = story._replace(pauses=tuple(pauses), end=begun)
            elapsed = past.elapsed(begun) - past.taken
            if elapsed > story.resolution:
                with refused("AlreadyBreached", elapsed, story.resolution):
                    at.awaitCustomer(key, sender=provider)
                return None
            if past.taken >= story.max_pause:
                with refused("PauseExhausted", past.taken, story.max_pause):
                    at.awaitCustomer(key, sender=provider)
                return None
            assert at.awaitCustomer(key, sender=provider) is True
            if end <= story.end:
                evm.warp(end)
                assert at.resume(key, sender=self.client) is True
            pauses.append((begun, end))
        evm.warp(story.end)
        return key


def cost(story: Story) -> int:
    """What the breaches cost that a delivery at the story's end makes known, in basis points."""
    answered = story.pauses[0][0] if story.pauses else story.end
    due = 1_234 if 0 < story.response < story.elapsed(answered) else 0
    overrun = story.elapsed(story.end) - story.taken - story.resolution
    if overrun > 0:
        due += 567 + 89 * (overrun // HOUR)
    return min(due, 9_000)


@pytest.mark.parametrize("seed", [part + 10 * c for c in campaigns() for part in range(10)])
def test_clocks_and_credits_equal_a_count_hour_after_hour(seed: int) -> None:
    dice, stand = random.Random(seed), Stand()
    late = 0
    for _ in range(CASES):
        told = story(dice)
        key = stand.play(told)
        if key is None:
            continue
        elapsed, paused = told.elapsed(told.end) - told.taken, told.taken
        response, resolution, *clock = stand.at.clocks(key)
        assert clock == [elapsed, paused], told
        wall = (told.mask, told.offset, told.opened)
        due = hours.used_up(*wall, told.response) if told.response else 0
        assert response == due, told
        assert resolution == hours.used_up(*wall, told.resolution + paused), told
        credit = cost(told)
        assert stand.at.quoteSettlement(key) == (10_000 - credit, credit), told
        stand.at.deliver(key, bytes(32), sender=stand.provider)
        assert stand.at.agreement(key)[8] == credit, told
        late += credit > 0
    assert CASES // 10 < late < CASES * 9 // 10, "the cases say little"


@pytest.mark.skipif("RAPPORT_ARTIFACTS" in os.environ, reason="only our own build costs this")
def test_a_count_costs_the_same_for_a_second_and_for_years():
    dice, chain = random.Random(0), desk()
    chain.reset()
    clock = chain.evm.deploy(artifacts.load("OfficeClock"))
    costs = set()
    for length in (0, 1, HOUR, DAY, WEEK, 366 * DAY, 40 * 366 * DAY) * 30:
        wall = (mask(dice), int(dice.choice(OFFSETS) * HOUR))
        start = GENESIS + dice.randrange(40 * 52 * WEEK)
        told, spent = clock.elapsed(*wall, start, start + length)
        costs.add(spent)
        if length <= 366 * DAY:
            assert told == hours.elapsed(*wall, start, start + length)

    assert len(costs) == 1
    assert max(costs) <= MOST_GAS


def test_an_hour_after_another_is_a_second_after_another():
    dice = random.Random(0)
    for _ in range(200):
        wall = (mask(dice), dice.choice([0, 19_800, 20_700, -12_600, dice.randint(-9_999, 9_999)]))
        start = GENESIS + dice.randrange(40 * 52 * WEEK)
        end = start + dice.randrange(3 * HOUR)
        whole = hours.seconds_one_by_one(*wall, start, end)
        assert hours.elapsed(*wall, start, end) == whole
        moment = hours.used_up(*wall, start, whole)
        assert hours.elapsed(*wall, start, moment) == whole
        assert moment <= end
        assert whole == 0 or hours.elapsed(*wall, start, moment - 1) == whole - 1
