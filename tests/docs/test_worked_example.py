"""The worked examples of the contract pages, run on the compiled contracts, row by row."""

from __future__ import annotations

import os
import re
import shlex
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from rapport.cli.main import run
from tests.contracts.support.suite import Suite
from tests.contracts.support.tokens.kinds import Kind
from tests.contracts.support.tokens.payments import CAPTURE_BY, Till
from tests.docs import pages

CUSTOMER = sha256(b"a customer").digest()
USD = b"USD".ljust(32, b"\0")
FOR_EVER = 2**40 - 1
QUARTER = 3
DAY, HOUR = 86_400, 3_600
NOBODY = "0x" + "00" * 20


@pytest.fixture
def chain() -> Any:
    chain = Suite(QUARTER).chain
    admin, operator = chain.actors["admin"], chain.actors["operator"]
    chain.loyalty.setTiers([300, 1_000], sender=admin)
    chain.registry.register(CUSTOMER, bytes(32), sender=operator)
    return chain


def rows(page: str, first: str) -> list[list[str]]:
    """The rows of the table whose header begins with ``first``, cells without thousands' commas."""
    text = pages.read(page).section("The model in one picture").text
    table = re.search(rf"^\| {first}.*\n\|[-| ]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table, f"{page} has no table of {first}"
    return [
        [cell.strip().replace(",", "") for cell in line.strip("|").split("|")]
        for line in table.group(1).splitlines()
    ]


def ref(name: str) -> bytes:
    return sha256(name.encode()).digest()


def unix(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def perform(chain: Any, call: str) -> None:
    """A call as the table writes it: award 300 as A, redeem 400 as C, reverse B to 500."""
    words = call.replace("`", "").split()
    issuer = chain.actors["issuer"]
    match words:
        case ["award", points, "as", name]:
            chain.loyalty.award(CUSTOMER, ref(name), int(points), 0, sender=issuer)
        case ["redeem", points, "as", name]:
            chain.loyalty.redeem(CUSTOMER, ref(name), int(points), sender=issuer)
        case ["reverse", name, "to", total]:
            chain.loyalty.reverse(CUSTOMER, ref(name), int(total), sender=issuer)
        case ["nothing"]:
            pass
        case _:
            pytest.fail(f"the page holds a call that this test does not know: {call}")


def test_points_are_available_owed_and_counted_as_the_page_says(chain):
    steps = rows("loyalty-points", "date")
    assert len(steps) == 8

    for day, call, *expected in steps:
        chain.evm.warp(unix(day))
        perform(chain, call)

        met = [
            chain.loyalty.balanceOf(CUSTOMER),
            chain.loyalty.debtOf(CUSTOMER),
            *chain.loyalty.qualifying(CUSTOMER),
            chain.loyalty.tierOf(CUSTOMER),
        ]
        assert met == [int(number) for number in expected], f"after {day} {call}"
        assert chain.loyalty.liability() == met[0]


def test_points_of_may_1997_are_lost_when_june_1998_ends(chain):
    text = pages.read("loyalty-points").section("The model in one picture").text
    end = unix("1998-07-01")
    epoch = chain.loyalty.epochAt(unix("1997-05-14"))
    chain.evm.warp(unix("1997-05-14"))
    chain.loyalty.award(CUSTOMER, ref("May"), 7, 0, sender=chain.actors["issuer"])

    assert (epoch, chain.loyalty.epochEnd(epoch + 4)) == (109, end)
    assert f"{end:,}" in text
    assert "| number | 109 | 110 | 111 | 112 | 113 | 114 |" in text
    chain.evm.warp(end - 1)
    assert chain.loyalty.balanceOf(CUSTOMER) == 7
    chain.evm.warp(end)
    assert chain.loyalty.balanceOf(CUSTOMER) == 0


@pytest.mark.parametrize(
    ("amount", "tier", "points"), [[*map(int, r)] for r in rows("earn-rules", "order")]
)
def test_an_order_earns_what_the_page_says(chain, amount, tier, points):
    rule = (1, 100, 0, 100_000, 0, FOR_EVER, 0, (10_000, 12_500, 15_000, *[20_000] * 5))
    chain.earn.setPurchaseRule(USD, rule, sender=chain.actors["rules"])
    chain.loyalty.setTiers([1, 2, 3], sender=chain.actors["admin"])
    if tier:
        chain.loyalty.award(CUSTOMER, ref("tier"), tier, 0, sender=chain.actors["issuer"])

    recorder = chain.actors["recorder"]
    assert chain.earn.earn(CUSTOMER, ref("order"), USD, amount, sender=recorder) == (True, points)


def test_a_return_takes_back_what_the_page_says(chain):
    rule = (1, 100, 0, 100_000, 0, FOR_EVER, 0, (10_000, 12_500, 15_000, *[20_000] * 5))
    chain.earn.setPurchaseRule(USD, rule, sender=chain.actors["rules"])
    chain.loyalty.award(CUSTOMER, ref("tier"), 300, 0, sender=chain.actors["issuer"])
    recorder = chain.actors["recorder"]
    chain.earn.earn(CUSTOMER, ref("order"), USD, 2_933, sender=recorder)

    chain.earn.reverse(CUSTOMER, ref("order"), USD, 2_933, 933, sender=recorder)
    assert chain.loyalty.balanceOf(CUSTOMER) == 300 + 36 - 11
    chain.earn.reverse(CUSTOMER, ref("order"), USD, 2_933, 2_933, sender=recorder)
    assert chain.loyalty.balanceOf(CUSTOMER) == 300


@pytest.mark.parametrize("row", rows("payments", "captured"), ids=lambda row: row[0])
def test_a_capture_pays_everybody_what_the_page_says(row):
    captured, *due = [int(cell) for cell in row]
    till = Till(Kind("", "None", amount=99_999))
    order = till.order("payer", 2, CAPTURE_BY, (("affiliate", 250), ("elsewhere", 1_000)))
    till.authorize(order)
    names = ("affiliate", "elsewhere", "merchant", "payer")
    before = [till.token.held(till.who[name]) for name in names]

    till.house.capture(order.struct, order.splits, captured, sender=till.who["merchant"])

    now = [till.token.held(till.who[name]) for name in names]
    assert [a - b for a, b in zip(now, before, strict=True)] == due
    assert sum(due) == 99_999


def test_changes_within_a_period_cost_what_the_page_says(chain):
    """Basic, Pro and Gold are plans 1, 2 and 3."""
    names = ["–", "Basic", "Pro", "Gold"]
    house, token = chain.subscriptions, chain.token
    merchant, payer = chain.actors["merchant"], chain.wallets[0].address
    for holder in (merchant, payer):
        token.mint(holder, 10**9, sender=holder)
        token.approve(house.address, 10**9, sender=holder)
    for number, price in enumerate((10, 20, 35)):
        offer = (merchant, 30 * DAY, 0, DAY, token.address, 0, False, price * 10**6, 0)
        house.createPlan(ref(f"plan {number}"), offer, sender=merchant)
    start, cap = chain.evm.timestamp, 10**8
    subscription = house.idOf(payer, ref("Basic"))

    steps = rows("subscriptions", "day")
    assert len(steps) == 6
    for day, call, pays, *expected in steps:
        chain.evm.warp(start + int(day) * DAY)
        before = token.balanceOf(payer)
        match call.replace("`", "").split():
            case ["subscribe", name]:
                terms = (payer, names.index(name), cap, ref(name), bytes(32), bytes(32), bytes(32))
                house.subscribe((*terms, start), sender=payer)
            case ["changePlan", name]:
                house.changePlan(subscription, names.index(name), cap, cap, sender=payer)
            case ["refund", "keeping", kept]:
                house.refund(subscription, 1, int(kept), sender=merchant)
            case ["charge"]:
                house.charge(subscription, sender=chain.actors["stranger"])
            case _:
                pytest.fail(f"the page holds a call that this test does not know: {call}")

        assert before - token.balanceOf(payer) == int(pays), f"on day {day}"
        *_, last_paid, plan, following = house.subscription(subscription)
        basis = house.note(subscription)[0]
        met = [str(last_paid), str(basis), names[plan], names[following]]
        assert met == expected, f"on day {day}"


@pytest.fixture
def office(chain: Any) -> tuple[int, int]:
    """Two policies of the same office: the fee is held, or a bond of 40,000 stands behind it."""
    sla, token, provider = chain.sla, chain.token, chain.actors["merchant"]
    week = sum(1 << 24 * day + hour for day in range(5) for hour in range(9, 17))
    numbers = []
    for bonded in (False, True):
        money = (provider, 1, token.address, bonded, False, 0, 0, 500, 1_000, 200)
        times = (NOBODY, DAY, DAY, 16 * HOUR, week, HOUR, 4_000)
        targets = ([2 * HOUR] * 4, [8 * HOUR] * 4)
        terms = (*money, *times, *targets)
        numbers.append(sla.createPolicy(ref(f"bonded {bonded}"), terms, sender=provider)[0])
    for holder in (provider, chain.wallets[0].address):
        token.mint(holder, 10**9, sender=holder)
        token.approve(sla.address, 10**9, sender=holder)
    sla.depositBond(token.address, 40_000, sender=provider)
    return numbers[0], numbers[1]


def test_agreements_cost_what_the_page_says(chain, office):
    """Each row is an agreement with a held fee and one with a bond, served at the same moments."""
    sla, token, provider = chain.sla, chain.token, chain.actors["merchant"]
    client = chain.wallets[0].address

    def warp(local: str) -> None:
        chain.evm.warp(unix(f"2026-01-{local}") - HOUR)

    def free() -> int:
        return int(sla.owed(provider, token.address))

    steps = rows("sla-escrow", "opened")
    assert len(steps) == 6
    for row, (opened, responded, paused, resumed, delivered, *expected) in enumerate(steps):
        warp(opened)
        ids = []
        for policy, opener in zip(office, (client, provider), strict=True):
            opening = (policy, 0, 99_999, client, bytes(32), ref(f"row {row}"), 0)
            ids.append(sla.open(opening, sender=opener)[0])
        assert free() == 0, "the whole bond stands for the agreement"
        served = [("respond", responded), ("awaitCustomer", paused), ("resume", resumed)]
        for verb, moment in served:
            if moment != "–":
                warp(moment)
                for each in ids:
                    getattr(sla, verb)(each, sender=provider)
        warp(delivered)
        clock = str(timedelta(seconds=sla.clocks(ids[0])[2]))
        had = []
        for each in ids:
            sla.deliver(each, bytes(32), sender=provider)
            had.append((token.balanceOf(client), token.balanceOf(provider)))
            sla.accept(each, sender=client)
        credit = had[1][0] - had[0][0]

        assert token.balanceOf(client) - had[1][0] == credit, "a bond pays what a fee pays"
        to_provider = had[1][1] - had[0][1]
        met = [clock, sla.agreement(ids[0])[8], credit, to_provider, free()]
        assert [str(each) for each in met] == expected, f"opened {opened}"
        if credit:
            sla.depositBond(token.address, credit, sender=provider)


def test_a_preview_says_what_the_guide_shows(capsys, monkeypatch):
    """The block of text beneath the command in ``docs/sla.md`` is what the command prints."""
    guide = (pages.ROOT / "docs" / "sla.md").read_text(encoding="utf-8")
    found = re.search(r"```sh\n(rapport sla preview .*)\n```\n\n```text\n((?:[^`].*\n)+)```", guide)
    assert found, "the guide shows no preview"
    title, _, *lines = found[2].splitlines()
    for name in [each for each in os.environ if each.startswith("RAPPORT_")]:
        monkeypatch.delenv(name)

    assert run(shlex.split(found[1])[1:]) == 0
    printed = capsys.readouterr().out
    assert title in printed
    rows_printed = [[c.strip() for c in line.split("│")] for line in printed.splitlines()]
    assert len(lines) == 4
    for line in lines:
        cells = re.split(r" {2,}", line)
        assert cells in [[c for c in row if c] for row in rows_printed], line
