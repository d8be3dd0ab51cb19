"""The laws about consents of `invariant/README.md`; see `laws.py`."""

from __future__ import annotations

from eth_utils.crypto import keccak

from tests.contracts.support.evm import Event
from tests.contracts.support.model.consent import LANES, Consent, State, lanes
from tests.contracts.support.model.ledger import role
from tests.contracts.support.model.registry import CLOSED, NOBODY, Status
from tests.contracts.support.replay_consents import ConsentReplay
from tests.contracts.support.suite import Suite

Lane = tuple[bytes, int, int]
OPEN = (Status.ACTIVE, Status.SUSPENDED)


def what_is_granted_equals_the_model(suite: Suite, customers: list[bytes]) -> None:
    for customer in customers:
        for group in range(suite.consents.groups):
            met = suite.chain.consents.grantedIn(customer, group)
            assert met == suite.consents.granted_in(customer, group)


def consents_equal_the_model(suite: Suite, customers: list[bytes]) -> None:
    """Every view, also of lanes and groups that there are not."""
    consents, model = suite.chain.consents, suite.consents
    assert consents.groupCount() == model.groups
    assert consents.paused() == model.switches["paused"]
    for group in range(model.groups + 1):
        version = model.version(group)
        covered = sum(1 << lane for lane in model.covered.get(group, ()))
        assert consents.currentNotice(group) == (version, covered)
        for number in range(version + 2):
            assert consents.notice(group, number) == model.notice(group, number)
        for lane in range(LANES + 1):
            assert consents.purpose(group, lane) == model.purpose(group, lane)
        for customer in customers:
            assert consents.grantedIn(customer, group) == model.granted_in(customer, group)
            assert consents.sequenceOf(customer, group) == model.sequence(customer, group)
            for lane in range(LANES + 1):
                granted = model.is_granted(customer, group, lane)
                assert consents.isGranted(customer, group, lane) == granted
                met = Consent(*consents.statusOf(customer, group, lane))
                assert met == model.status(customer, group, lane)
    for customer in customers:
        assert consents.sequenceOfAll(customer) == model.sequence_of_all(customer)


def closed_customers_allow_nothing(suite: Suite, customers: list[bytes]) -> None:
    for customer in customers:
        if suite.chain.registry.statusOf(customer) in CLOSED:
            for group in range(suite.chain.consents.groupCount()):
                assert suite.chain.consents.grantedIn(customer, group) == 0
                assert suite.chain.consents.sequenceOf(customer, group) == 0


def changes(events: list[Event]) -> list[Event]:
    return [event for event in events if event.name == "ConsentChanged"]


def who_decided_is_told(suite: Suite) -> None:
    """Of the last call: the customer's own wallet, or an operator, and then marked as recorded."""
    registry, consents = suite.chain.registry, suite.chain.consents
    decided: dict[Lane, State] = {}
    sequences: dict[tuple[bytes, int], int] = {}
    for event in changes(suite.evm.logs):  # a batch may change a lane twice
        customer, group, actor, granted, withdrawn, _, seq, recorded, _ = event.args
        if recorded:
            assert consents.hasRole(role("OPERATOR"), actor)
            assert not granted or registry.walletOf(customer) == NOBODY
        else:
            assert registry.walletOf(customer) == actor
        how = State.RECORDED if recorded else State.GRANTED
        decided.update({(customer, group, lane): how for lane in lanes(granted)})
        decided.update({(customer, group, lane): State.WITHDRAWN for lane in lanes(withdrawn)})
        sequences[customer, group] = seq
    for lane, state in decided.items():
        assert consents.statusOf(*lane)[0] == state
    for record, seq in sequences.items():
        assert consents.sequenceOf(*record) == seq


class Withdrawals:
    """What was withdrawn and not granted again, from the events alone."""

    def __init__(self) -> None:
        self.standing: set[Lane] = set()

    def hear(self, events: list[Event]) -> None:
        for event in events:
            if event.name == "ConsentChanged":
                customer, group, _, granted, withdrawn, *_ = event.args
                self.standing -= {(customer, group, lane) for lane in lanes(granted)}
                self.standing |= {(customer, group, lane) for lane in lanes(withdrawn)}
            elif event.name == "ConsentsMerged":
                gone, heir = event.args
                moved = {lane for lane in self.standing if lane[0] == gone}
                self.standing -= moved
                self.standing |= {(heir, group, lane) for _, group, lane in moved}
            elif event.name == "ConsentsErased":
                self.standing = {lane for lane in self.standing if lane[0] != event.args[0]}

    def are_final(self, suite: Suite) -> None:
        masks: dict[tuple[bytes, int], int] = {}
        for customer, group, lane in self.standing:
            masks[customer, group] = masks.get((customer, group), 0) | 1 << lane
        for (customer, group), mask in masks.items():
            assert suite.chain.consents.grantedIn(customer, group) & mask == 0


def logs_give_the_consents(suite: Suite, replay: ConsentReplay, customers: list[bytes]) -> None:
    consents, now = suite.chain.consents, suite.evm.timestamp
    assert consents.paused() == replay.paused
    assert consents.groupCount() == len({group for group, _ in replay.purposes})
    for (group, lane), purpose in replay.purposes.items():
        assert consents.purpose(group, lane) == purpose
    for group, published in replay.notices.items():
        assert consents.currentNotice(group)[0] == len(published)
        for version, (document, words) in enumerate(published, 1):
            hashed = [keccak(text=text) if text else bytes(32) for text in words]
            hashed += [bytes(32)] * (LANES - len(hashed))
            assert consents.notice(group, version) == (document, keccak(b"".join(hashed)))
    for customer in customers:
        is_open = suite.chain.registry.statusOf(customer) in OPEN
        for group in range(consents.groupCount()):
            assert consents.sequenceOf(customer, group) == replay.seqs.get((customer, group), 0)
            for lane in range(LANES):
                told = replay.status(customer, group, lane, now, is_open)
                assert Consent(*consents.statusOf(customer, group, lane)) == told
