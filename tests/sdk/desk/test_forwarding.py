"""What is decided is sent once, in its order, whatever crashes and whoever helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path

import pytest

from rapport.desk.inbox import Decision
from rapport.desk.tickets import Step, Verb
from rapport.errors import InputError, NotFound
from rapport.reverts import AlreadyBreached, BadState, BondTooSmall, PauseExhausted
from tests.sdk.conftest import deep
from tests.sdk.desk.brand import AGREEMENT, Brand
from tests.sdk.desk.conftest import BrandMaker
from tests.sdk.desk.posting import KINDS, Happening, desks, later, posted
from tests.sdk.support.killed import Steps, count_statements, run_to

OPENED = "open 1 200 high 0808"
WAITING = Happening(1, "waiting", replied=True)
STORY = [
    Happening(0, "running"),
    Happening(1, "running", replied=True),
    Happening(2, "waiting"),
    Happening(3, "running"),
    Happening(4, "delivered"),
]


def take(brand: Brand, kind: str, story: Sequence[Happening]) -> None:
    for each in story:
        brand.intake.take(kind, posted(kind, each), later(each.minutes))


@pytest.mark.parametrize("kind", KINDS)
def test_a_story_told_as_it_happens_is_sent_verb_by_verb(brand: Brand, kind: str) -> None:
    for each in STORY:
        take(brand, kind, [each])
        brand.forwarder.turn()
    verbs = [each.split()[0] for each in brand.ledger.sent()]
    assert verbs == ["open", "respond", "pause", "resume", "deliver"]
    assert brand.ledger.sent()[0] == OPENED
    assert brand.inbox.due() == []


def test_every_order_of_deliveries_is_sent_alike(tmp_path: Path) -> None:
    for number, order in enumerate(permutations(STORY[:4])):
        folder = tmp_path / str(number)
        folder.mkdir()
        brand = Brand(folder, desks(folder))
        take(brand, KINDS[number % len(KINDS)], [*order, order[0]])
        brand.forwarder.turn()
        assert brand.ledger.sent() == [OPENED, "respond 0909"]
        brand.inbox.close()


def test_what_comes_late_is_not_sent_any_more(brand: Brand) -> None:
    take(brand, "zammad", [STORY[0], STORY[4]])
    brand.forwarder.turn()
    take(brand, "zammad", STORY[1:4])
    assert brand.forwarder.turn().sent == 0
    assert brand.ledger.sent() == [OPENED, "deliver 0909"]
    assert brand.concern() is None


def test_a_step_that_is_under_way_is_waited_for(brand: Brand) -> None:
    brand.ledger.slow = True
    take(brand, "webhook", STORY)
    for _ in range(3):
        assert brand.forwarder.turn().under_way == 1
    assert brand.ledger.sent() == [OPENED]
    brand.ledger.slow = False
    assert brand.forwarder.turn().under_way == 0
    assert brand.ledger.sent() == [OPENED, "deliver 0909"]


def test_what_was_decided_is_sent_though_the_ticket_went_on_meanwhile(
    new_brand: BrandMaker,
) -> None:
    """Nobody knows whether it was sent before the crash: so it is, and taken back."""
    brand = new_brand()
    take(brand, "zendesk", [STORY[0]])
    brand.forwarder.turn()
    take(brand, "zendesk", [WAITING])
    brand.ledger.pause = lambda *_, **__: (_ for _ in ()).throw(RuntimeError("killed"))
    with pytest.raises(RuntimeError):
        brand.forwarder.turn()
    survivor = new_brand()
    take(survivor, "zendesk", [STORY[3]])
    survivor.forwarder.turn()
    assert survivor.ledger.sent() == [OPENED, "pause 0909", "resume 0909"]


def test_eight_workers_send_once(new_brand: BrandMaker) -> None:
    take(new_brand(), "chatwoot", STORY)

    workers = [new_brand() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: each.forwarder.turn(), workers))
    assert new_brand().ledger.sent() == [OPENED, "deliver 0909"]


def test_a_worker_killed_at_any_step_is_finished_by_the_next(tmp_path: Path) -> None:
    """Between inbox and outbox, and everywhere else: at SQLite statements, before and after."""
    story = [STORY[0], WAITING]

    def act(folder: Path, step: Steps | None) -> None:
        if step is not None:
            count_statements(step)
        brand = Brand(folder, desks(folder))
        take(brand, "webhook", story)
        brand.forwarder.turn()
        brand.intake.flush()

    whole = tmp_path / "whole"
    whole.mkdir()
    code, steps = run_to(None, lambda step: act(whole, step))
    assert code == 0
    assert steps is not None
    assert steps > 60
    for kill_at in range(1, steps + 1, 1 if deep() else 5):
        folder = tmp_path / str(kill_at)
        folder.mkdir()
        code, _ = run_to(kill_at, lambda step, folder=folder: act(folder, step))
        assert code == -9, kill_at
        act(folder, None)
        brand = Brand(folder, desks(folder))
        assert brand.ledger.sent() == [OPENED, "pause 0909"], kill_at
        assert brand.inbox.due() == []
        brand.inbox.close()


@pytest.mark.parametrize("error", [AlreadyBreached(9, 8), PauseExhausted(9, 8)])
def test_a_pause_that_the_contract_refuses_is_said_and_left_out(
    new_brand: BrandMaker, error: AlreadyBreached | PauseExhausted
) -> None:
    brand = new_brand(pause=error)
    take(brand, "zendesk", [STORY[0], WAITING])
    (line,) = brand.forwarder.turn().told
    assert line.startswith("zendesk 4711: the clock runs on: ")
    assert brand.ledger.sent() == [OPENED, "pause 0909", "respond 0909"]
    take(brand, "zendesk", [STORY[3]])
    brand.forwarder.turn()
    take(brand, "zendesk", [Happening(5, "waiting"), Happening(6, "delivered")])
    brand.forwarder.turn()
    assert brand.ledger.sent()[3:] == ["deliver 0909"]
    assert brand.concern() is None


def test_the_next_pause_is_tried_anew(new_brand: BrandMaker) -> None:
    brand = new_brand(pause=PauseExhausted(9, 8))
    take(brand, "zendesk", [STORY[0], WAITING])
    brand.forwarder.turn()
    take(brand, "zendesk", [STORY[3]])
    brand.forwarder.turn()
    take(brand, "zendesk", [Happening(5, "waiting")])
    brand.forwarder.turn()
    verbs = [each.split()[0] for each in brand.ledger.sent()]
    assert verbs == ["open", "pause", "respond", "pause"]
    assert len(set(brand.ledger.keys())) == 4


def test_an_agreement_that_ended_otherwise_is_left_alone(new_brand: BrandMaker) -> None:
    brand = new_brand(deliver=BadState(AGREEMENT, 3))
    take(brand, "zendesk", [STORY[0], STORY[4]])
    (line,) = brand.forwarder.turn().told
    assert "deliver came too late" in line
    assert "nothing more is sent" in line
    take(brand, "zendesk", [Happening(5, "running")])
    assert brand.forwarder.turn().told == ()


def test_a_refusal_that_can_be_mended_keeps_the_ticket_where_it_is(new_brand: BrandMaker) -> None:
    brand = new_brand(open=BondTooSmall(1, 2))
    take(brand, "zendesk", STORY)
    (line,) = brand.forwarder.turn().told
    (key,) = brand.ledger.keys()
    assert f"mend it, then: rapport tx retry {key}" in line
    assert brand.forwarder.turn().told == ()
    assert brand.concern() is not None
    brand.ledger.refusals.clear()
    brand.forwarder.turn()
    assert brand.ledger.sent() == [OPENED, "deliver 0909"]
    assert brand.concern() is None


def test_a_step_cancelled_in_the_outbox_stays_until_it_is_retried(brand: Brand) -> None:
    brand.ledger.slow = True
    take(brand, "zendesk", [STORY[0]])
    brand.forwarder.turn()
    brand.ledger.cancelled.update(brand.ledger.keys())
    assert "open was cancelled" in brand.forwarder.turn().told[0]
    assert brand.ledger.sent() == [OPENED]


def test_one_ticket_s_fault_stops_no_other(brand: Brand) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InputError("policy 1 is closed")

    take(brand, "zendesk", [Happening(0, "running", ticket="1")])
    brand.ledger.open, sound = refuse, brand.ledger.open  # type: ignore[method-assign,assignment]
    assert brand.forwarder.turn().told == ("zendesk 1: policy 1 is closed",)
    brand.ledger.open = sound  # type: ignore[method-assign]
    take(brand, "zendesk", [Happening(0, "running", ticket="2")])
    brand.forwarder.turn()
    assert len(brand.ledger.sent()) == 2


def test_a_ticket_reopened_after_its_delivery_is_told_once_and_remembered(brand: Brand) -> None:
    take(brand, "zendesk", STORY)
    brand.forwarder.turn()
    take(brand, "zendesk", [Happening(5, "running")])
    (line,) = brand.forwarder.turn().told
    assert line.startswith("zendesk 4711: reopened after its delivery")
    assert brand.forwarder.turn().told == ()
    assert "reopened" in (brand.concern() or "")
    take(brand, "zendesk", [Happening(6, "delivered")])
    brand.forwarder.turn()
    assert brand.concern() is None
    assert brand.ledger.sent() == [OPENED, "deliver 0909"]


def test_a_ticket_without_a_customer_or_an_amount_says_so(new_brand: BrandMaker) -> None:
    brand = new_brand(more='amount_field = "worth"')
    what = Happening(0, "running", more={"requester_id": None})
    take(brand, "zendesk", [what])
    assert "does not say whose it is (field 'requester_id')" in brand.forwarder.turn().told[0]


def test_the_same_ticket_number_at_two_desks_is_two_tickets(brand: Brand) -> None:
    take(brand, "zendesk", [STORY[0]])
    take(brand, "zammad", [STORY[0]])
    brand.forwarder.turn()
    assert brand.ledger.sent() == [OPENED, OPENED]
    assert len(set(brand.ledger.keys())) == 2


def test_a_word_added_to_the_mapping_sets_its_ticket_going(new_brand: BrandMaker) -> None:
    brand = new_brand()
    take(brand, "zendesk", [Happening(0, "escalated")])
    (line,) = brand.forwarder.turn().told
    assert line == "zendesk 4711: the state 'escalated' is not in the mapping's states"
    assert new_brand().forwarder.turn().told == ()
    wiser = new_brand(more='states = { escalated = "running" }')
    wiser.forwarder.turn()
    assert wiser.ledger.sent() == [OPENED]
    assert wiser.concern() is None


def test_what_cannot_be_sent_rests_before_it_is_tried_again(new_brand: BrandMaker) -> None:
    brand, tried = new_brand(), []

    def refuse(*_: object, **__: object) -> None:
        tried.append(1)
        raise InputError("policy 1 is closed")

    brand.ledger.open = refuse  # type: ignore[method-assign,assignment]
    brand.forwarder._rest = 60.0
    take(brand, "zendesk", [STORY[0]])
    for _ in range(3):
        brand.forwarder.turn()
    assert len(tried) == 1
    brand.forwarder._resting.clear()
    brand.forwarder.turn()
    assert len(tried) == 2


def test_a_worker_that_was_slower_with_other_terms_takes_the_others(brand: Brand) -> None:
    take(brand, "zendesk", [STORY[0]])
    get = brand.ledger.get
    step = brand.inbox.plan("zendesk", "4711", lambda *_: Decision(Verb.OPEN))
    assert isinstance(step, Step)
    key = f"desk:5aaeb605:zendesk:4711:{step.number}:open"
    brand.ledger._db.execute("INSERT INTO sent (key, call) VALUES (?, 'open of another')", (key,))
    brand.ledger.get = _blind(get)  # type: ignore[method-assign]
    brand.forwarder.turn()
    assert brand.ledger.sent() == ["open of another"]
    assert brand.inbox.due() == []


def _blind(get: Callable[[str], object]) -> Callable[[str], object]:
    """Does not see what another has just sent, the first time."""
    asked: list[str] = []

    def look(key: str) -> object:
        asked.append(key)
        if len(asked) == 1:
            raise NotFound(key)
        return get(key)

    return look
