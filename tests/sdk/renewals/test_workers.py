"""Several collectors, collectors that are killed, and a chain that changes its mind."""

from __future__ import annotations

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from rapport.subscriptions import Status
from tests.sdk.conftest import deep
from tests.sdk.renewals.conftest import told
from tests.sdk.support.killed import count_statements, run_to
from tests.sdk.support.recurring import MONTH, WAIT, connected, later, started
from tests.sdk.support.suite import account

COUNT = 5


@pytest.fixture
def due(new_plan, payer, suite, tmp_path):
    """Five subscriptions that are due, and one whose payer has nothing."""
    plan = new_plan("10")
    ids = [started(payer, plan) for _ in range(COUNT)]
    poor = account(8)
    suite.allow(poor, "Subscriptions", 10 * 10**6)
    with connected(suite, tmp_path / "poor.db", poor) as client:
        ids.append(started(client, plan))
    later(suite, MONTH)
    return ids


def charges(client) -> Counter[str]:
    """How often each subscription was charged, by the logs."""
    return Counter(
        "0x" + each.args["subscriptionId"].hex()
        for each in client.chain.events("Subscriptions", names=["Charged"])
    )


def assert_collected_once(merchant, due):
    found = charges(merchant)
    assert [found[each] for each in due] == [2] * COUNT + [1]


def run(collector):
    return collector.turn(timeout=WAIT)


@pytest.mark.parametrize("journals", [("merchant.db", "merchant.db"), ("one.db", "two.db")])
def test_two_collectors_at_once_charge_once_and_tell_once(journals, due, merchant, new_collector):
    merchant.tx.stop()
    collectors = [new_collector(journal) for journal in journals]
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(run, collectors))
    assert_collected_once(merchant, due)
    ended = Counter(each.status for report in reports for each in report.charges)
    assert ended["refused"] == ended["open"] == 0
    said = [each["id"] for collector in collectors for each in told(collector)]
    # On one file each event is told once; on two, once by each, under one id
    assert len(set(said)) == 1
    assert len(said) == len(set(journals))


def test_what_another_collects_in_the_middle_of_a_turn_is_no_failure(
    due, merchant, new_collector, monkeypatch
):
    merchant.tx.stop()
    other, collector = new_collector("one.db"), new_collector("two.db")
    tried = collector._tried

    def try_late(*asked):
        run(other)
        return tried(*asked)

    monkeypatch.setattr(collector, "_tried", try_late)
    report = run(collector)

    assert_collected_once(merchant, due)
    assert report.count("refused") == report.count("open") == 0
    assert [each["subscription"] for each in told(collector)] == [due[-1]]


def test_collectors_of_two_accounts_charge_once(due, merchant, new_collector, suite):
    merchant.tx.stop()
    collectors = [new_collector("one.db"), new_collector("two.db", signer=account(6))]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, collectors))
    assert_collected_once(merchant, due)


STEPS = 400  # statements of a collector's turn, and then some
PLACES = range(1, STEPS, 7 if deep() else 40)


@pytest.fixture
def collecting(merchant, suite, tmp_path):
    """One turn over a journal by name, in which each step is counted."""
    merchant.tx.stop()

    def over(journal):
        def collect(step):
            count_statements(step)
            with connected(suite, tmp_path / journal, suite.merchant, send=False) as client:
                client.renewals(suite.merchant.address).turn(timeout=WAIT)

        return collect

    return over


@pytest.mark.parametrize("place", PLACES)
def test_a_collector_killed_at_any_step_is_finished_by_the_next(
    place, due, merchant, new_collector, collecting
):
    code, _ = run_to(place, collecting("killed.db"))
    assert code in (-signal.SIGKILL, 0)
    heir = new_collector("killed.db")
    heir.turn(timeout=WAIT)
    assert_collected_once(merchant, due)
    assert [each["event"] for each in told(heir)] == ["past_due"]
    assert heir.turn().charges == ()
    assert_collected_once(merchant, due)


def test_the_places_of_the_kills_reach_from_the_first_step_to_the_last(due, collecting):
    code, steps = run_to(None, collecting("lived.db"))
    assert code == 0
    assert STEPS / 3 < steps < STEPS * 2


def test_a_subscription_that_a_reorganisation_took_away_is_forgotten(
    new_plan, payer, merchant, suite, collector
):
    plan = new_plan("10")
    kept = started(payer, plan)
    suite.anvil.mine(3)
    gone = started(payer, plan)
    assert collector.turn().looked == 2
    payer.tx.stop()
    suite.anvil.reorg(2)
    suite.anvil.drop_all()
    later(suite, MONTH)
    report = collector.turn()
    assert [each.subscription for each in report.charges] == [kept]
    assert merchant.subscription.list(status=Status.ACTIVE)[0].id == kept
    assert gone not in charges(merchant)


def test_a_charge_that_a_reorganisation_took_away_is_made_again(
    new_plan, payer, merchant, suite, new_collector
):
    found = started(payer, new_plan("10"))
    merchant.tx.stop()
    later(suite, MONTH)
    first = new_collector("one.db")
    first.turn()
    assert charges(merchant)[found] == 2
    suite.anvil.reorg(1)
    suite.anvil.drop_all()
    suite.anvil.mine()
    assert charges(merchant)[found] == 1
    # The journal calls the first one final; the collector believes the chain. Whether the outbox
    # sends that one again or the collector another, there is one charge.
    assert [each.reason for each in first.turn().charges] == ["Reorganised"]
    first.turn()
    assert charges(merchant)[found] == 2


def test_what_happened_on_the_other_branch_is_read_anew(
    new_plan, payer, suite, collector, tmp_path
):
    plan = new_plan("10")
    suite.anvil.mine(3)
    collector.turn()
    payer.tx.stop()
    suite.anvil.reorg(3)
    other = account(5)
    suite.allow(other, "Subscriptions", 10**9)
    with connected(suite, tmp_path / "other.db", other) as client:
        found = started(client, plan)
    later(suite, MONTH)
    assert [each.subscription for each in collector.turn().charges] == [found]
