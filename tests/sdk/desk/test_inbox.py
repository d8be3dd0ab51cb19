"""Deliveries are kept once each, and of those refused nothing but a count."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from rapport.desk import Conflict, Delivery, Malformed, Taken, Unsigned
from rapport.errors import NotFound
from tests.sdk.desk.brand import CUSTOMER, Brand
from tests.sdk.desk.conftest import BrandMaker
from tests.sdk.desk.posting import KINDS, START, Happening, later, posted, signed


def counts(brand: Brand) -> dict[tuple[str, str], int]:
    brand.intake.flush()
    return {(desk, what): count for desk, what, count in brand.inbox.counts()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_delivery_that_comes_again_is_known(brand: Brand, kind: str) -> None:
    delivery = posted(kind, Happening(0, "running"))
    assert brand.intake.take(kind, delivery, START) is Taken.ACCEPTED
    assert brand.intake.take(kind, delivery, START) is Taken.REPEATED
    assert len(brand.inbox.events(kind, "4711")) == 1
    assert counts(brand) == {(kind, "accepted"): 1, (kind, "repeated"): 1}


def test_a_delivery_signed_anew_is_the_same_delivery(brand: Brand) -> None:
    what = Happening(0, "running")
    brand.intake.take("zendesk", posted("zendesk", what), START)
    again = posted("zendesk", what, sent=later(3))
    assert brand.intake.take("zendesk", again, later(3)) is Taken.REPEATED


def test_eight_that_take_one_delivery_keep_it_once(new_brand: BrandMaker) -> None:
    brands = [new_brand() for _ in range(8)]
    delivery = posted("zammad", Happening(0, "running"))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda each: each.intake.take("zammad", delivery, START), brands))
    assert sorted(taken) == sorted([Taken.ACCEPTED] + [Taken.REPEATED] * 7)


def test_an_id_that_comes_again_with_other_content_is_refused(brand: Brand) -> None:
    brand.intake.take("webhook", posted("webhook", Happening(0, "running")), START)
    with pytest.raises(Conflict, match="told something else"):
        brand.intake.take("webhook", posted("webhook", Happening(0, "delivered")), START)
    assert [each.state for each in brand.inbox.events("webhook", "4711")] == ["open"]
    assert counts(brand)["webhook", "conflict"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_refused_leaves_nothing_but_a_count(
    brand: Brand, tmp_path: Path, kind: str
) -> None:
    sound = posted(kind, Happening(0, "running"))
    with pytest.raises(Unsigned):
        brand.intake.take(kind, Delivery.of(sound.headers, sound.body + b" "), START)
    with pytest.raises(Unsigned):
        brand.intake.take(kind, Delivery.of({}, sound.body), START)
    with pytest.raises(Malformed):
        brand.intake.take(kind, signed(kind, b'{"event": "message_created", "ticket": 1}'), START)
    with pytest.raises(NotFound):
        brand.intake.take("swordfish", sound, START)
    assert counts(brand) == {(kind, "unsigned"): 2, (kind, "malformed"): 1, ("", "unknown desk"): 1}
    assert brand.inbox.tickets() == []
    assert brand.inbox.due() == []
    brand.inbox.close()
    assert b"swordfish" not in content(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_of_a_ticket_is_kept(brand: Brand, tmp_path: Path, kind: str) -> None:
    for minutes, replied in ((0, False), (1, True)):
        what = Happening(minutes, "running", replied, more={"subject": "swordfish"})
        brand.intake.take(kind, posted(kind, what), later(minutes))
    brand.inbox.close()
    files = content(tmp_path)
    assert b"4711" in files
    for text in (b"swordfish", b"Dear Eve", b"C-8", b"event-4711"):
        assert text not in files


def test_an_unknown_customer_s_number_waits_until_it_is_known_and_no_longer(
    new_brand: BrandMaker, tmp_path: Path
) -> None:
    brand = new_brand()
    brand.people.clear()
    brand.intake.take("zendesk", posted("zendesk", Happening(0, "running")), START)
    assert brand.forwarder.turn().told == (
        "zendesk 4711: nobody is registered as 'C-8': rapport customer register C-8",
    )
    assert brand.forwarder.turn().told == ()
    assert [each.unknown for each in brand.inbox.strangers()] == ["C-8"]
    brand.people["C-8"] = CUSTOMER
    brand.forwarder.turn()
    assert brand.ledger.sent() == ["open 1 200 high 0808"]
    assert brand.inbox.strangers() == []
    brand.inbox.close()
    assert b"C-8" not in content(tmp_path)


def test_an_unknown_customer_is_registered_where_the_mapping_says_so(
    new_brand: BrandMaker,
) -> None:
    brand = new_brand(more="register = true")
    brand.people.clear()
    brand.intake.take("zendesk", posted("zendesk", Happening(0, "running")), START)
    brand.forwarder.turn()
    assert brand.ledger.sent() == ["open 1 200 high 1414"]


def test_a_customer_s_tickets_are_destroyed_to_the_last_byte(brand: Brand, tmp_path: Path) -> None:
    for ticket, who in (("1", "8"), ("2", "9")):
        brand.people[f"C-{who}"] = bytes([int(who)]) * 32
        what = Happening(0, "running", ticket=ticket, more={"requester_id": who})
        brand.intake.take("zendesk", posted("zendesk", what), START)
    brand.forwarder.turn()
    traces = brand.inbox.traces([CUSTOMER])
    assert len(traces) == 2
    assert all(each in content(tmp_path) for each in traces)
    brand.inbox.destroy([CUSTOMER])
    brand.inbox.destroy([CUSTOMER])
    assert [each.number for each in brand.inbox.tickets()] == ["2"]
    assert brand.inbox.events("zendesk", "1") == []
    assert brand.inbox.traces([CUSTOMER]) == []
    brand.inbox.close()
    assert not any(each in content(tmp_path) for each in traces)


def test_a_ticket_whose_customer_was_erased_does_not_come_in_again(
    new_brand: BrandMaker,
) -> None:
    brand = new_brand(more="register = true")
    brand.intake.take("zendesk", posted("zendesk", Happening(0, "running")), START)
    brand.inbox.destroy([CUSTOMER])
    brand.people.clear()
    late = posted("zendesk", Happening(1, "delivered"))
    assert brand.intake.take("zendesk", late, later(1)) is Taken.IGNORED
    assert brand.people == {}
    assert brand.inbox.tickets() == []
    other = posted("zendesk", Happening(1, "running", ticket="4712"))
    assert brand.intake.take("zendesk", other, later(1)) is Taken.ACCEPTED


def content(folder: Path) -> bytes:
    """All that is in the brand's file."""
    return b"".join(each.read_bytes() for each in sorted(folder.glob("rapport.db*")))


def test_what_was_recorded_long_ago_is_taken_and_what_is_posted_so_late_is_not(
    brand: Brand,
) -> None:
    delivery = posted("chatwoot", Happening(0, "running"))
    with pytest.raises(Unsigned, match="more than 5 minutes"):
        brand.intake.take("chatwoot", delivery, START + timedelta(days=1))
    assert brand.intake.take("chatwoot", delivery, None) is Taken.ACCEPTED


def test_a_check_keeps_nothing(brand: Brand) -> None:
    brand.intake.check("zammad", posted("zammad", Happening(0, "running")))
    with pytest.raises(Unsigned):
        brand.intake.check("zammad", Delivery.of({}, b"{}"))
    assert brand.inbox.tickets() == []
    assert counts(brand) == {}
