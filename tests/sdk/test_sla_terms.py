"""The terms of policies: presets, files, what the contract would refuse, and evidence."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from rapport.artifacts import interface
from rapport.errors import InputError
from rapport.reverts import BadOpening, BadPolicy
from rapport.sla import (
    Action,
    BusinessHours,
    Instruction,
    Policy,
    Priority,
    Target,
    Terms,
    digest_of,
    name_of,
    presets,
)
from rapport.tokens import Token

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TOKEN = Token("0x5FbDB2315678afecb367f032d93F642f64180aa3", "Test Dollar", "tUSD", 6)
PROVIDER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ARBITER = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
NORMAL = Target(4 * HOUR, 16 * HOUR)
TEXT = """
funding = "escrow"
hours = "Mon-Fri 09:00-17:00 Europe/Vienna"
min_amount = "12.50"
late_resolution = "10"
per_hour = "2.5"
max_credit = 60
review = "5d"
ruling = "2w"
max_pause = "8h"
arbiter = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
arbiter_fee = "3"
default_provider = "40"

[targets]
urgent = { response = "1h", resolution = "4h" }
normal = { resolution = "16h" }
"""


def terms(**given):
    return replace(Terms((NORMAL,) * 4, bonded=True), **given)


def kept(of: Terms) -> Terms:
    """What the contract would give back of terms."""
    return Terms.of({**of.struct(PROVIDER, TOKEN), "closed": False}, TOKEN)


def test_a_file_says_what_a_policy_promises():
    found = Terms.read(TEXT)
    assert found.bonded is False
    assert str(found.hours) == "Mon-Fri 09:00-17:00 UTC+01:00"
    assert found.targets == (
        Target(HOUR, 4 * HOUR),
        Target(HOUR, 4 * HOUR),  # as the next more urgent
        Target(None, 16 * HOUR),
        Target(None, 16 * HOUR),
    )
    assert (found.min_amount, found.per_hour, found.max_credit) == (
        Decimal("12.50"),
        Decimal("2.5"),
        Decimal(60),
    )
    assert (found.review, found.ruling, found.max_pause) == (5 * DAY, 14 * DAY, 8 * HOUR)
    assert (found.arbiter, found.arbiter_fee) == (ARBITER, Decimal(3))


def test_terms_come_back_from_the_contract_as_they_went():
    for found in (Terms.read(TEXT), *(Terms.preset(name) for name in presets())):
        least = Decimal("0.000001") if found.min_amount is None else found.min_amount
        assert kept(found) == replace(found, min_amount=least, about="")


def test_the_struct_has_the_members_of_the_contract_in_their_order():
    inputs = interface("SLAEscrow").function("createPolicy").inputs
    members = tuple(each["name"] for each in inputs[1]["components"])
    assert tuple(terms().struct(PROVIDER, TOKEN)) == members == BadPolicy.places
    opening = interface("SLAEscrow").function("open").inputs[0]["components"]
    assert tuple(each["name"] for each in opening) == BadOpening.places


@pytest.mark.parametrize("name", ["support", "delivery", "warranty"])
def test_presets_say_what_they_are_for_and_promise_more_to_the_more_urgent(name):
    found = Terms.preset(name)
    assert found.about
    resolutions = [each.resolution for each in found.targets]
    assert resolutions == sorted(resolutions)
    assert found.bonded is (name != "delivery")
    assert set(presets()) == {"support", "delivery", "warranty"}


def test_there_is_no_other_preset():
    with pytest.raises(InputError, match="no preset 'gold'; the presets are delivery, support, w"):
        Terms.preset("gold")


def test_a_calendar_says_when_an_agreement_would_be_due():
    office = terms(hours=BusinessHours.parse("Mon-Fri 9-17 UTC"))
    friday = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    due = office.due("normal", friday)
    assert due.response == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    assert due.resolution == datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    unanswered = replace(office, targets=(Target(None, HOUR),) * 4)
    assert unanswered.due(0, friday).response is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"targets": (NORMAL,) * 3}, "4 targets, one for each priority"),
        (
            {"targets": (Target(None, 367 * DAY),) * 4},
            "targets.urgent.resolution is 1 seconds to 3",
        ),
        ({"targets": (Target(2 * HOUR, HOUR),) * 4}, "targets.urgent.response is 1 seconds to 1 h"),
        ({"targets": (Target(timedelta(0), HOUR),) * 4}, "targets.urgent.response"),
        ({"review": timedelta(minutes=59)}, "review is 1 hour to 366 days"),
        ({"ruling": 23 * HOUR}, "ruling is 1 day to 366 days"),
        ({"max_pause": 367 * DAY}, "max_pause is none to 366 days"),
        ({"min_amount": Decimal(0)}, "min_amount is above 0"),
        ({"max_credit": Decimal(0)}, "max_credit is more than 0"),
        ({"max_credit": Decimal(101)}, "max_credit is more than 0 and at most 100"),
        ({"default_provider": Decimal("100.01")}, "default_provider is 0 to 100 percent"),
        ({"max_credit": Decimal(5), "per_hour": Decimal(6)}, "per_hour is 6 percent, more than"),
        ({"late_response": Decimal("0.001")}, "finer than the smallest unit"),
        ({"arbiter": "0x12"}, "not an address"),
        ({"arbiter_fee": Decimal(1)}, "a fee for nobody"),
    ],
)
def test_terms_that_the_contract_would_refuse_are_refused_by_name(given, said):
    with pytest.raises(InputError, match=said):
        terms(**given)


def test_an_escrow_may_pay_no_credit_at_all():
    assert terms(bonded=False, max_credit=Decimal(0)).max_credit == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('funding = "credit"', "funding is 'bond' or 'escrow'; met 'credit'"),
        ("per_hour = 2.5", "per_hour is a number as text, such as '2.5'"),
        ('review = "soon"', "review: 'soon' is not a duration"),
        ("review = 5", "review is a text; met 5"),
        ('reviews = "5d"', "no field 'reviews' in the terms; the fields are about, arbiter"),
        ("hours = '9 to 5'", "not understood as business hours"),
        ("oops", "the terms are not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_says_which_field_is_wrong(change, said):
    kept = [line for line in TEXT.splitlines() if line.split(" = ")[0] != change.split(" = ")[0]]
    with pytest.raises(InputError, match=said):
        Terms.read("\n".join([change, *kept]))


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ("", r"no \[targets\]"),
        ("[targets]", "targets.urgent has the fields"),
        ('[targets]\nnormal = { resolution = "1h" }', "targets.urgent has the fields"),
        ('[targets]\nasap = { resolution = "1h" }', "no priority 'asap'"),
        ('[targets]\nurgent = { response = "1h" }', "targets.urgent has no resolution"),
        ('[targets]\nurgent = { resolution = "1h", answer = "1h" }', "has the fields"),
        ('[targets]\nurgent = { resolution = "now" }', "targets.urgent.resolution: 'now'"),
    ],
)
def test_targets_begin_with_the_most_urgent_and_name_what_is_missing(targets, said):
    with pytest.raises(InputError, match=said):
        Terms.read(f"funding = 'bond'\n{targets}")


def test_a_priority_is_known_by_word_and_number():
    assert [Priority.of(each) for each in ("urgent", 1, "2", Priority.LOW)] == list(Priority)
    with pytest.raises(InputError, match="the priorities are urgent, high, normal, low"):
        Priority.of("asap")


@pytest.mark.parametrize(("amount", "stake"), [(1, 1), (3, 1), (4, 2), (1_000_000, 333_300)])
def test_a_bond_is_reserved_for_the_largest_credit_rounded_up(amount, stake):
    found = Policy(1, PROVIDER, TOKEN, False, terms(max_credit=Decimal("33.33")))
    assert found.stake(amount) == stake


def test_a_fee_is_held_whole():
    assert Policy(1, PROVIDER, TOKEN, False, terms(bonded=False)).stake(7) == 7


def test_evidence_is_a_file_by_its_digest(tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"a dented parcel")
    digest = hashlib.sha256(b"a dented parcel").digest()
    assert digest_of(file) == digest
    for given in (digest, digest.hex(), "0x" + digest.hex(), name_of(digest)):
        assert digest_of(given) == digest
    assert name_of(digest) == f"nih:sha-256;{digest.hex()}"
    assert digest_of(None) == bytes(32)


def test_evidence_that_is_neither_file_nor_digest_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"lost.pdf cannot be read: No such file"):
        digest_of(tmp_path / "lost.pdf")
    with pytest.raises(InputError, match="the digest of evidence must be 32 bytes"):
        digest_of("a text")


def test_actions_are_those_that_the_contract_counts():
    assert [each.number for each in Action] == [0, 1, 2, 3]
    assert Action.of("accept-split") is Action.ACCEPT_SPLIT
    with pytest.raises(
        InputError, match="the actions are 'resume', 'accept', 'dispute', 'accept s"
    ):
        Action.of("pay")
    signed = Instruction("accept-split", bytes(32), 0, bytes(32), datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(InputError, match="is no action"):
        _ = signed.decided  # only the very words are what the contract hashes
