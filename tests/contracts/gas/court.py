"""Disputes before a court, as they are measured: the court of a published package, free of charge.

What a court does by itself is in the figures. It has ruled on another dispute before.
"""

from __future__ import annotations

from typing import Any

from tests.contracts.gas.measure import Bench, Call, operation
from tests.contracts.gas.sla import (
    NOTHING,
    RULING,
    Promise,
    by_client,
    by_provider,
    holder,
    opening,
    publishing,
)
from tests.contracts.support.published import kleros
from tests.contracts.support.wallets import Wallet

ARBITER, COURT = "CourtArbiter", "AutoAppealableArbitrator"
SHARES = (5_000, 0, 10_000)
FOR_THE_CLIENT, FOR_THE_PROVIDER = 1, 2
DAY = 86_400


def court(bench: Bench, verb: str, *arguments: Any, by: str = "") -> Call:
    return Call(COURT, verb, arguments, by or bench.suite.evm.operator)


def asked(bench: Bench, verb: str, *arguments: Any, by: str) -> Call:
    return Call(ARBITER, verb, arguments, bench.suite.actors.get(by, by))


def disputed(bench: Bench) -> Promise:
    """A delivery in dispute, which dispute 1 of the court will be about; it has ruled on 0."""
    node, contracts = bench.suite.evm, bench.suite.contracts
    asks = node.create(kleros(COURT), 0)
    terms = (b"", "ipfs://meta", SHARES, RULING // 3)
    arbiter = node.deploy(ARBITER, contracts["SLAEscrow"].address, asks.address, *terms)
    contracts |= {ARBITER: arbiter, COURT: asks}
    provider = holder(bench, "provider")
    named = Wallet(arbiter.address, provider.key)
    bench.do(publishing(bench, provider, named))
    first = Promise(holder(bench, "somebody else"), provider, named)
    second = Promise(holder(bench, "client"), provider, named)
    for one in (first, second):
        bench.do(opening(bench, one))
        bench.do(by_provider(bench, "respond", one))
        bench.do(by_provider(bench, "deliver", one, NOTHING))
        bench.do(by_client(bench, "dispute", one, NOTHING))
    bench.do(asked(bench, "bring", first.id, by="stranger"))
    bench.do(court(bench, "giveRuling", 0, FOR_THE_CLIENT))
    return second


def brought(bench: Bench) -> Promise:
    one = disputed(bench)
    bench.do(asked(bench, "bring", one.id, by="stranger"))
    return one


@operation("bring")
def bring(bench: Bench) -> Call:
    return asked(bench, "bring", disputed(bench).id, by="stranger")


@operation("bring, again")
def bring_again(bench: Bench) -> Call:
    return asked(bench, "bring", brought(bench).id, by="stranger")


@operation("appeal")
def appeal(bench: Bench) -> Call:
    one = brought(bench)
    bench.do(court(bench, "giveAppealableRuling", 1, FOR_THE_PROVIDER, 0, DAY))
    return asked(bench, "appeal", one.id, by=one.client.address)


@operation("rule, carried out by the court's transaction")
def rule(bench: Bench) -> Call:
    brought(bench)
    return court(bench, "giveRuling", 1, FOR_THE_CLIENT)


@operation("rule, half for each")
def rule_half(bench: Bench) -> Call:
    brought(bench)
    return court(bench, "giveRuling", 1, 0)
