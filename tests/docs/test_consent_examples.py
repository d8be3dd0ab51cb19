"""The worked examples about consent, run on the compiled contracts as the pages tell them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.contracts.support.suite import PROGRAMME, Suite
from tests.contracts.support.wallets import Wallet
from tests.docs import pages

ANA = sha256(b"a customer").digest()
DOCUMENT = sha256(b"a notice").digest()
EMAIL, PHONE, SALE = 0, 2, 6
AGES = {EMAIL: 730, PHONE: 730, SALE: 365}
GROUP = 0
LATER = 2**47


def picture(page: str) -> str:
    return pages.read(page).section("The model in one picture").text


def unix(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


class Story:
    """A suite with the purposes of the pages, and Ana, who has a wallet."""

    def __init__(self, words: list[str]) -> None:
        self.chain = Suite(3).chain
        self.consents = self.chain.consents
        self.words = words
        for lane, age in AGES.items():
            terms = (sha256(b"iri").digest(), age, lane == SALE)
            self.consents.definePurpose(GROUP, lane, *terms, sender=self.by("publisher"))
        self.publish(1)

    def by(self, actor: str) -> str:
        return self.chain.actors[actor]

    def publish(self, version: int) -> None:
        content = (GROUP, version, DOCUMENT, self.words)
        self.consents.publishNotice(*content, sender=self.by("publisher"))

    def link(self) -> Wallet:
        hers = self.chain.wallets[0]
        self.chain.registry.register(ANA, bytes(32), sender=self.by("operator"))
        signature = hers.sign(self.chain.registry, "LinkWallet", ANA, hers.address, 0, LATER)
        arguments = (ANA, hers.address, 0, LATER, signature)
        self.chain.registry.linkWallet(*arguments, sender=self.by("operator"))
        return hers


def perform(story: Story, hers: Wallet, call: str) -> None:
    """A call as the table writes it: save grant 0 under 1, save withdraw 6, withdrawAll."""
    match call.replace("`", "").split():
        case ["save", "grant", lane, "under", notice]:
            decision = (ANA, GROUP, 1 << int(lane), 0, int(notice), bytes(32))
            story.consents.save(decision, sender=hers.address)
        case ["save", "withdraw", lane]:
            decision = (ANA, GROUP, 0, 1 << int(lane), 0, bytes(32))
            story.consents.save(decision, sender=hers.address)
        case ["publishNotice", version]:
            story.publish(int(version))
        case ["withdrawAll"]:
            story.consents.withdrawAll(ANA, bytes(32), sender=hers.address)
        case ["nothing"]:
            pass
        case _:
            pytest.fail(f"the page holds a call that this test does not know: {call}")


def test_consents_hold_and_end_as_the_page_says() -> None:
    table = re.findall(r"^\| (\d{4}-.*) \|$", picture("consent-registry"), re.MULTILINE)
    steps = [[cell.strip() for cell in row.split("|")] for row in table]
    assert len(steps) == 8
    story = Story(["E-mail?", "", "Call?", "", "", "", "Sell?"])
    story.chain.evm.warp(unix("2026-01-01"))
    hers = story.link()

    for day, call, email, sale, sequence in steps:
        story.chain.evm.warp(unix(day))
        perform(story, hers, call)

        met = [story.consents.isGranted(ANA, GROUP, lane) for lane in (EMAIL, SALE)]
        assert met == [email == "yes", sale == "yes"], f"after {day} {call}"
        assert story.consents.sequenceOf(ANA, GROUP) == int(sequence), f"after {day} {call}"


def test_a_customer_joins_as_the_page_says() -> None:
    text = " ".join(picture("onboarding").split())
    asked = {int(lane): words for words, lane in re.findall(r'"([^"]+)" \(lane (\d)\)', text)}
    assert sorted(asked) == [EMAIL, PHONE, SALE]
    (shown,) = re.findall(r"\| choices \| ([^|]+) \|", text)
    choices = [(w, a == "true") for w, a in re.findall(r"([^:;]+): (true|false)", shown)]
    choices = [(words.strip(), allowed) for words, allowed in choices]
    assert [words for words, _ in choices] == [asked[lane] for lane in sorted(asked)]
    (grant, refuse) = re.findall(r"`grant` (\d+), `withdraw` [\d +]+ = (\d+)", text)[0]
    (points,) = re.findall(r"\| welcomePoints \| (\d+) \|", text)

    story = Story([asked.get(lane, "") for lane in range(7)])
    chain: Any = story.chain
    hers = chain.wallets[0]
    chain.onboarding.setWelcome(int(points), sender=story.by("admin"))
    terms = (GROUP, 1, DOCUMENT, int(points), bytes(32), 0, LATER)
    signature = hers.sign(
        chain.onboarding, "Onboard", PROGRAMME, ANA, hers.address, choices, *terms
    )
    masks = (GROUP, int(grant), int(refuse), 1, bytes(32), int(points), 0, LATER)
    digests = [keccak_or_zero(asked.get(lane)) for lane in range(7)]
    chain.onboarding.onboard(
        (ANA, hers.address, *masks), digests, bytes(32), signature, sender=story.by("operator")
    )

    assert chain.registry.walletOf(ANA) == hers.address
    assert f"her record has sequence {chain.registry.customer(ANA)[4]}" in text
    assert f"`grantedIn` is {chain.consents.grantedIn(ANA, GROUP)}" in text
    assert f"she has {chain.loyalty.balanceOf(ANA)} points" in text


def keccak_or_zero(words: str | None) -> bytes:
    return keccak(text=words) if words else bytes(32)
