"""The outbox's law, checked against the chain: effects equal intents, no gap, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rapport.outbox import Outbox, Payload, State
from tests.sdk.support.suite import Suite


def effects(suite: Suite) -> Counter[tuple[str, str, int]]:
    """Every award that the chain holds: customer, reference, points."""
    events = suite.connect(timeout=60).events("LoyaltyPoints", names=["Awarded"])
    return Counter(
        (
            f"0x{event.args['customerId'].hex()}",
            f"0x{event.args['ref'].hex()}",
            event.args["points"],
        )
        for event in events
    )


def expected(awards: Mapping[str, Payload]) -> Counter[tuple[str, str, int]]:
    """The awards that the chain ought to hold."""
    return Counter((p["customer"], p["ref"], p["points"]) for p in awards.values())


def assert_exactly_once(suite: Suite, outbox: Outbox, awards: Mapping[str, Payload]) -> None:
    """
    Every award took effect once, nothing else did; every intent is final; the account's nonces
    have no gap and nothing waits in the pool.
    """
    assert effects(suite) == expected(awards)
    assert suite.connect().call("LoyaltyPoints", "liability") == sum(
        payload["points"] for payload in awards.values()
    )
    entries = {entry.key: entry for entry in outbox.list(limit=100_000)}
    unfinished = {
        key: entries[key].state for key in awards if entries[key].state is not State.FINAL
    }
    assert not unfinished
    address = outbox.signer.address
    latest = suite.chain.nonce(address)
    assert suite.chain.nonce(address, "pending") == latest
    assert suite.anvil.pending() == {"pending": 0, "queued": 0}
