"""Every contract has a page, and the page and the interface say the same.

A page documents a state-changing function under a heading of its name, with its declaration; views,
events and errors in tables whose first column holds the declaration. What comes from OpenZeppelin's
access control is the same in every contract and stands on one page of its own.
"""

from __future__ import annotations

import re

import pytest

from tests.docs import pages

CONTRACTS = pages.contracts()
BEFORE = ["Purpose", "The model in one picture", "Roles"]
AFTER = ["Views", "Events to state", "Errors", "Laws", "What it does not do"]
COMMON = pages.read(pages.COMMON)


def verbs(page: pages.Page) -> list[str]:
    """The headings between the opening and the closing ones."""
    return [title for title in page.titles if title not in BEFORE + AFTER]


def documented(page: pages.Page, kind: str) -> set[str]:
    return {pages.normal(written) for written in page.listed(kind)}


def declared(page: pages.Page) -> set[str]:
    return {written for verb in verbs(page) for written in page.declared(verb)}


def inherited(contract: str) -> bool:
    """Whether a contract has roles, and with them what the common page documents."""
    return any(entry.get("name") == "grantRole" for entry in pages.abi(contract))


def in_abi(contract: str, kind: str) -> set[str]:
    """Signatures of the interface; ``kind`` as the tables call it, or ``verb``."""
    entries = pages.abi(contract)
    if kind in ("event", "error"):
        return {pages.signature(e) for e in entries if e["type"] == kind}
    still = ("view", "pure")
    return {
        pages.signature(e)
        for e in entries
        if e["type"] == "function" and (e["stateMutability"] in still) == (kind == "view")
    }


def test_the_suite_has_contracts_to_document():
    assert CONTRACTS == [
        "ConsentRegistry",
        "CourtArbiter",
        "CustomerRegistry",
        "EarnRules",
        "LoyaltyPoints",
        "Onboarding",
        "Payments",
        "SLAEscrow",
        "Subscriptions",
    ]
    money = ["CourtArbiter", "Payments", "SLAEscrow", "Subscriptions"]
    assert [c for c in CONTRACTS if not inherited(c)] == money


@pytest.mark.parametrize("contract", CONTRACTS)
def test_pages_have_the_same_headings_in_the_same_order(contract):
    page = pages.read(pages.slug(contract))

    assert page.titles == BEFORE + verbs(page) + AFTER


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_function_that_changes_state_has_its_section_with_its_declaration(contract):
    page = pages.read(pages.slug(contract))

    common = declared(COMMON) if inherited(contract) else set()
    assert declared(page) | common == in_abi(contract, "verb")


@pytest.mark.parametrize("contract", [*CONTRACTS, pages.COMMON])
def test_a_section_is_named_after_the_function_that_it_declares(contract):
    page = pages.read(pages.slug(contract)) if contract in CONTRACTS else COMMON

    for verb in verbs(page):
        assert [d.split("(")[0] for d in page.declared(verb)] == [verb]


@pytest.mark.parametrize("kind", ["view", "event", "error"])
@pytest.mark.parametrize("contract", CONTRACTS)
def test_page_and_interface_hold_the_same_views_events_and_errors(contract, kind):
    page = pages.read(pages.slug(contract))

    common = documented(COMMON, kind) if inherited(contract) else set()
    assert documented(page, kind) | common == in_abi(contract, kind)


@pytest.mark.parametrize("kind", ["view", "event", "error"])
def test_nothing_is_documented_twice(kind):
    for contract in CONTRACTS:
        page = pages.read(pages.slug(contract))
        listed = page.listed(kind)

        assert len(listed) == len(set(listed))
        assert not inherited(contract) or not documented(page, kind) & documented(COMMON, kind)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_errors_and_events_named_under_a_verb_exist(contract):
    page = pages.read(pages.slug(contract))
    # A rule's award meets the ledger's refusals, so those may be named under a verb of the rules.
    known = {
        entry["name"]
        for name in CONTRACTS
        for entry in pages.abi(name)
        if entry["type"] in ("event", "error")
    }

    for verb in verbs(page):
        text = page.section(verb).text
        for line in re.findall(r"^\*\*(?:Events|Errors)\.\*\*(.*?)(?:\n\n|\Z)", text, re.M | re.S):
            for name in re.findall(r"`([A-Z]\w+)`", line):
                assert name in {*known, *CONTRACTS}, f"{verb} names {name}, which nobody declares"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_section_of_a_verb_says_who_may_call_it_and_what_happens_the_second_time(contract):
    page = pages.read(pages.slug(contract))

    for verb in verbs(page):
        text = page.section(verb).text
        for part in ("May call", "State", "Events", "Errors", "Again"):
            assert f"**{part}.**" in text, f"{verb} does not say: {part}"
