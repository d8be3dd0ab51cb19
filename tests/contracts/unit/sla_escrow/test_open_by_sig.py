"""A client without gas signs, and anyone opens."""

from tests.contracts.unit.conftest import NOBODY
from tests.contracts.unit.sla_escrow.conftest import DEADLINE, FEE, FUNDS
from tests.contracts.unit.support.agreements import MONDAY
from tests.contracts.unit.support.wallets import HERS, digest, mirrored, wallet

MALLORY = wallet("Mallory")


def test_open_by_sig_opens_for_every_kind_of_account(
    stage, sla, token, stranger, opening, buyer, told
):
    made = opening.but(client=buyer.address)
    before = token.balanceOf(buyer.address)

    events = told(sla.openBySig, *made.signed(sla, by=buyer), by=stranger, at=MONDAY)

    assert events == [made.told()]
    assert token.balanceOf(buyer.address) == before - FEE
    assert sla.agreement(made.id()).client == buyer.address


def test_open_by_sig_counts_up_to_its_deadline(stage, sla, stranger, opening):
    signed = opening.signed(sla)

    assert stage.answer(sla.openBySig, *signed, by=stranger, at=DEADLINE)[1] is True
    late = stage.refusal(sla.openBySig, *signed, by=stranger, at=DEADLINE + 1)
    assert late == ("Expired", DEADLINE, DEADLINE + 1)


def test_open_by_sig_again_needs_no_signature_and_changes_nothing(
    stage, sla, stranger, opening, opened, balances
):
    assert stage.answer(sla.openBySig, opening.struct, b"", by=stranger) == (opened, False)
    late = DEADLINE + 1
    again = stage.answer(sla.openBySig, *opening.signed(sla), by=stranger, at=late)
    assert again == (opened, False)
    assert balances() == [FUNDS - FEE, FUNDS, FEE]


def test_open_by_sig_refuses_what_the_client_has_not_signed(stage, sla, stranger, opening):
    _, signature = opening.signed(sla)
    for change in (
        {"priority": 2},
        {"amount": FEE + 1},
        {"customer": b"\x01" * 32},
        {"ref": b"\x01" * 32},
        {"deadline": DEADLINE + 1},
    ):
        other = opening.but(**change)
        refusal = stage.refusal(sla.openBySig, other.struct, signature, by=stranger)
        assert refusal == ("BadSignature", HERS.address)


def test_open_by_sig_refuses_other_signatures(stage, sla, stranger, opening):
    _, signature = opening.signed(sla)
    wrong = [
        opening.signed(sla, by=MALLORY)[1],
        opening.signed(sla, chain_id=1)[1],
        opening.signed(sla, name="Rapport Payments")[1],
        mirrored(signature),
        signature[:-1],
        b"",
    ]

    for each in wrong:
        refusal = stage.refusal(sla.openBySig, opening.struct, each, by=stranger)
        assert refusal == ("BadSignature", HERS.address)


def test_nobody_signs_for_address_zero(stage, sla, stranger, opening):
    made = opening.but(client=NOBODY)

    refusal = stage.refusal(sla.openBySig, made.struct, b"\x00" * 65, by=stranger)

    assert refusal == ("BadSignature", NOBODY)


def test_open_by_sig_spends_no_bond(stage, sla, stranger, provider, bonded, opening):
    made = opening.but(policy=bonded)

    for caller in (stranger, provider):
        refusal = stage.refusal(sla.openBySig, *made.signed(sla), by=caller)
        assert refusal == ("BadOpening", 0)


def test_the_domain_is_told_as_erc_5267_demands(stage, sla, stranger, opening):
    told = stage.answer(sla.eip712Domain, by=stranger)

    zero = (b"\x00" * 32, ())
    assert told == (b"\x0f", "Rapport SLAEscrow", "1", 31337, sla.address, *zero)
    assert len(digest(sla, "Open", opening.struct)) == 32
