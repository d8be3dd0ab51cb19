"""What the marketing system is told of, each once, and when a failed charge is tried again."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta

import pytest

from rapport.errors import InputError
from rapport.outbox import State
from rapport.renewals import Schedule
from rapport.subscriptions import Status
from rapport.units import duration
from tests.sdk.renewals.conftest import kinds, told
from tests.sdk.support.recurring import DAY, MONTH, WAIT, later, started
from tests.sdk.support.suite import account, until

HOUR = timedelta(hours=1)


@pytest.fixture
def broke(payer, suite):
    """Takes the payer's allowance away, and gives it back."""

    def allow(dollars: int) -> None:
        suite.allow(account(3), "Subscriptions", dollars * 10**6)

    return allow


def test_a_failed_charge_is_tried_again_on_schedule_until_it_lapses(
    new_plan, payer, suite, collector, broke
):
    found = started(payer, new_plan(grace=4 * DAY))
    broke(0)
    later(suite, MONTH)
    said = []
    # Looked at every six hours for a week
    for _ in range(28):
        collector.turn()
        said += told(collector)
        later(suite, 6 * HOUR)
    assert [each["event"] for each in said] == ["past_due", "retry", "retry", "retry", "lapsed"]
    assert [each["retry"] for each in said[:4]] == [0, 1, 2, 3]
    assert {each["reason"] for each in said[:4]} == {"TransferFailed"}
    due = datetime.fromisoformat(said[0]["paid_through"])
    tries = [datetime.fromisoformat(each["next_try"]) - due for each in said[:3]]
    assert tries == [HOUR, DAY, 3 * DAY]
    assert said[3]["next_try"] is None
    assert datetime.fromisoformat(said[4]["at"]) - due >= 4 * DAY
    assert {each["subscription"] for each in said} == {found}
    assert payer.subscription.show(found).status is Status.LAPSED


def test_an_event_names_who_what_and_how_much(
    new_plan, merchant, payer, suite, collector, broke, tmp_path
):
    merchant.customer.register("C-dun").wait(timeout=WAIT)
    wallet = account(3)
    plan = new_plan()
    terms = merchant.subscription.request(plan.id, wallet.address, until(suite), customer="C-dun")
    signature = terms.sign(merchant.subscription.domain(), wallet)
    done = merchant.subscription.start_by_sig(terms, signature).wait(timeout=WAIT)
    broke(0)
    later(suite, MONTH)
    collector.turn()
    kept = sqlite3.connect(tmp_path / "merchant.db").execute("SELECT body FROM renewal_event")
    assert "C-dun" not in kept.fetchone()[0]  # by the id alone, until it is told
    (event,) = told(collector)
    assert event["id"].startswith(f"past_due:{done.result['subscription']}:")
    assert (event["customer"], event["payer"]) == ("C-dun", wallet.address)
    assert (event["plan"], event["cycle"]) == (plan.id, 2)
    assert (event["amount"], event["symbol"]) == ("9.990000", "tUSD")
    assert event["lapses_at"] > event["paid_through"]


def test_a_payer_who_pays_late_has_recovered(new_plan, payer, suite, collector, broke):
    found = started(payer, new_plan())
    broke(0)
    later(suite, MONTH)
    collector.turn()
    assert kinds(collector) == ["past_due"]
    broke(500)
    collector.turn()  # not yet its time
    assert payer.subscription.show(found).cycles == 1
    later(suite, HOUR)
    assert collector.turn().count("done") == 1
    assert kinds(collector) == ["recovered"]
    collector.turn()
    assert kinds(collector) == []


def test_a_payer_who_reactivates_what_lapsed_has_recovered(
    new_plan, payer, suite, collector, broke
):
    found = started(payer, new_plan(grace=DAY))
    broke(0)
    later(suite, MONTH + 2 * DAY)
    collector.turn()
    assert kinds(collector) == ["lapsed"]
    broke(500)
    payer.subscription.reactivate(found).wait(timeout=WAIT)
    collector.turn()
    assert kinds(collector) == ["recovered"]


def test_a_price_above_the_cap_is_told_before_it_is_due_and_charged_once_accepted(
    new_plan, merchant, payer, suite, collector
):
    plan = new_plan()
    found = started(payer, plan)
    collector.turn()
    merchant.plan.price(plan.id, "12").wait(timeout=WAIT)
    collector.turn()
    (event,) = told(collector)
    assert event["event"] == "price_needs_consent"
    assert (event["price"], event["price_cap"]) == ("12.000000", "9.990000")
    later(suite, MONTH)
    collector.turn()
    (event,) = told(collector)
    assert (event["event"], event["reason"]) == ("past_due", "PriceAboveCap")
    # Accepting is an event on chain: the collector does not wait for the next try
    payer.subscription.accept_price(found).wait(timeout=WAIT)
    assert collector.turn().count("done") == 1
    assert kinds(collector) == ["recovered"]


def test_the_end_of_a_trial_is_told_three_days_before_and_once(new_plan, payer, suite, collector):
    started(payer, new_plan(trial=14 * DAY))
    said = []
    for _ in range(14):
        later(suite, DAY)
        collector.turn()
        said += [(each["event"], each["at"], each["paid_through"]) for each in told(collector)]
    ((event, at, end),) = said
    assert event == "trial_ending"
    left = datetime.fromisoformat(end) - datetime.fromisoformat(at)
    assert 2 * DAY < left <= 3 * DAY


def test_instalments_that_are_paid_off_are_completed_once(new_plan, payer, suite, collector):
    started(payer, new_plan("10", 7 * DAY, cycles=3))
    said, charged = [], 0
    for _ in range(5):
        later(suite, 7 * DAY)
        charged += collector.turn().count("done")
        said += kinds(collector)
    assert (said, charged) == (["completed"], 2)


def test_a_resumed_subscription_is_collected_again(new_plan, payer, suite, collector):
    found = started(payer, new_plan())
    payer.subscription.pause(found).wait(timeout=WAIT)
    later(suite, 10 * DAY)
    collector.turn()
    payer.subscription.resume(found).wait(timeout=WAIT)
    later(suite, MONTH)
    assert collector.turn().count("done") == 1


def test_a_charge_that_somebody_cancels_counts_as_a_try(
    new_plan, payer, merchant, suite, collector
):
    found = started(payer, new_plan())
    later(suite, MONTH)
    outbox, drain = collector._outbox, collector._outbox.drain

    def cancel_and_drain(timeout):
        (waiting,) = outbox.list(State.QUEUED)
        outbox.cancel(waiting.id)
        return drain(timeout=timeout)

    outbox.drain = cancel_and_drain
    merchant.tx.stop()
    (charge,) = collector.turn().charges
    assert (charge.status, charge.reason) == ("refused", "Cancelled")
    outbox.drain = drain
    (event,) = told(collector)
    assert (event["event"], event["reason"]) == ("past_due", "Cancelled")
    later(suite, HOUR)
    assert collector.turn().count("done") == 1
    assert payer.subscription.show(found).cycles == 2


def test_events_that_could_not_be_written_are_told_again(new_plan, payer, suite, collector, broke):
    started(payer, new_plan())
    broke(0)
    later(suite, MONTH)
    collector.turn()

    def full(lines):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        collector.tell(full)
    assert kinds(collector) == ["past_due"]
    assert kinds(collector) == []


def test_an_event_that_was_told_leaves_nothing_but_its_id(
    new_plan, payer, suite, collector, broke, tmp_path
):
    started(payer, new_plan())
    broke(0)
    later(suite, MONTH)
    collector.turn()
    (event,) = told(collector)
    collector.close()
    rows = sqlite3.connect(tmp_path / "merchant.db").execute("SELECT id, body FROM renewal_event")
    assert rows.fetchall() == [(event["id"], None)]
    assert json.dumps(event)


def test_a_schedule_is_read_as_people_write_it():
    found = Schedule.parse("90m, 2d,1w", "12h")
    assert found.retries == (timedelta(minutes=90), 2 * DAY, 7 * DAY)
    assert found.notice == timedelta(hours=12)
    assert Schedule.parse() == Schedule()


@pytest.mark.parametrize("text", ["", "1d,1h", "1h,1h", "soon", "1h;2h", "-1d", "0d", "1.5h"])
def test_a_schedule_that_makes_no_sense_is_refused(text):
    with pytest.raises(InputError, match=r"duration|longer"):
        Schedule.parse(text)


def test_a_duration_has_a_unit():
    assert duration("30d") == MONTH
    with pytest.raises(InputError, match="write 90m, 12h, 30d or 2w"):
        duration("30")


def test_the_last_try_stays_within_the_grace():
    schedule = Schedule()
    assert schedule.next_try(0, 0, 10**9) == 3_600
    assert schedule.next_try(0, 3_600, 10**9) == 86_400
    assert schedule.next_try(0, 86_400, 2 * 86_400) is None
