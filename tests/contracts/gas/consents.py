"""The verbs of consent, onboarding and leaving, as they are measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.contracts.gas.measure import BATCH, DEADLINE, POINTS, Bench, Call, named, operation
from tests.contracts.gas.operations import batch, recovery
from tests.contracts.support import wallets
from tests.contracts.support.suite import PROGRAMME, RECOVERY_DELAY
from tests.contracts.support.wallets import Wallet

GROUP = 0
NOTICE = 1
LANES = 7
SALE = 6  # the lane of the opt-out purpose
ALL = 0x7F
REFUSED = 1 << SALE
GRANTED = ALL & ~REFUSED
WORDS = tuple(f"Purpose {lane} in words that a customer understands" for lane in range(LANES))
DOCUMENT = named("notice")


def purposes(bench: Bench) -> None:
    """Seven purposes, the last an opt-out, and the notice that speaks of them."""
    for lane in range(LANES):
        purpose = (GROUP, lane, named(f"purpose {lane}"), 365, lane == SALE)
        bench.do(bench.consents("definePurpose", *purpose, by="publisher"))
    notice = (GROUP, NOTICE, DOCUMENT, WORDS)
    bench.do(bench.consents("publishNotice", *notice, by="publisher"))


def decision(
    customer: bytes, grant: int = GRANTED, withdraw: int = REFUSED
) -> tuple[bytes, int, int, int, int, bytes]:
    return customer, GROUP, grant, withdraw, NOTICE, named(f"receipt {grant} {withdraw}")


def linked(bench: Bench) -> tuple[bytes, Wallet]:
    purposes(bench)
    (one,) = bench.customers()
    return one, bench.wallet(one)


def saved(bench: Bench) -> tuple[bytes, Wallet]:
    """A customer who has decided about every purpose."""
    one, held = linked(bench)
    bench.do(bench.consents("save", decision(one), by=held.address))
    return one, held


def save_by_sig(bench: Bench, one: bytes, held: Wallet, seq: int) -> Call:
    choice = decision(one) if seq == 0 else decision(one, REFUSED, GRANTED)
    signature = bytes(held.sign(bench.suite.consents, "Save", *choice, seq, DEADLINE))
    return bench.consents("saveBySig", choice, seq, DEADLINE, signature, by="stranger")


# ConsentRegistry


@operation("definePurpose, the first of a group")
def define_purpose(bench: Bench) -> Call:
    purpose = (GROUP, 0, named("purpose"), 365, False)
    return bench.consents("definePurpose", *purpose, by="publisher")


@operation("publishNotice, of seven purposes")
def publish_notice(bench: Bench) -> Call:
    purposes(bench)
    notice = (GROUP, NOTICE + 1, named("next notice"), WORDS)
    return bench.consents("publishNotice", *notice, by="publisher")


@operation("save seven, first")
def save_first(bench: Bench) -> Call:
    one, held = linked(bench)
    return bench.consents("save", decision(one), by=held.address)


@operation("save seven, later")
def save_later(bench: Bench) -> Call:
    one, held = saved(bench)
    return bench.consents("save", decision(one, REFUSED, GRANTED), by=held.address)


@operation("save one, first")
def save_one(bench: Bench) -> Call:
    one, held = linked(bench)
    return bench.consents("save", decision(one, 1, 0), by=held.address)


@operation("withdraw one")
def withdraw_one(bench: Bench) -> Call:
    one, held = saved(bench)
    return bench.consents("save", decision(one, 0, 1), by=held.address)


@operation("saveBySig seven, first")
def save_by_sig_first(bench: Bench) -> Call:
    return save_by_sig(bench, *linked(bench), seq=0)


@operation("saveBySig seven, later")
def save_by_sig_later(bench: Bench) -> Call:
    return save_by_sig(bench, *saved(bench), seq=1)


@operation("withdrawAll, by the wallet")
def withdraw_all(bench: Bench) -> Call:
    one, held = saved(bench)
    return bench.consents("withdrawAll", one, named("withdrawal"), by=held.address)


@operation("withdrawAll, by the operator")
def withdraw_all_by_operator(bench: Bench) -> Call:
    one, _ = saved(bench)
    return bench.consents("withdrawAll", one, named("withdrawal"))


@operation("withdrawAllBySig")
def withdraw_all_by_sig(bench: Bench) -> Call:
    one, held = saved(bench)
    fields = (one, named("withdrawal"), 1, DEADLINE)
    signature = bytes(held.sign(bench.suite.consents, "WithdrawAll", *fields))
    return bench.consents("withdrawAllBySig", *fields, signature, by="stranger")


@operation("recordFor seven, first")
def record(bench: Bench) -> Call:
    purposes(bench)
    (one,) = bench.customers()
    return bench.consents("recordFor", decision(one), 0)


@operation("recordFor seven, again")
def record_again(bench: Bench) -> Call:
    call = record(bench)
    bench.do(call)
    return call


def records(ids: list[bytes], seq: int, *masks: int) -> list[tuple[Any, int]]:
    return [(decision(one, *masks), seq) for one in ids]


@operation("recordBatch of 100, first")
def record_batch(bench: Bench) -> Call:
    purposes(bench)
    return batch(bench.consents("recordBatch", records(bench.customers(BATCH), 0)))


@operation("recordBatch of 100, again")
def record_batch_again(bench: Bench) -> Call:
    call = record_batch(bench)
    bench.do(call)
    return call


@operation("recordBatch of 100, later")
def record_batch_later(bench: Bench) -> Call:
    purposes(bench)
    ids = bench.customers(BATCH)
    bench.do(bench.consents("recordBatch", records(ids, 0)))
    return batch(bench.consents("recordBatch", records(ids, 1, REFUSED, GRANTED)))


@operation("recordBatch of 100, an opt-out each")
def record_batch_opt_out(bench: Bench) -> Call:
    purposes(bench)
    ids = bench.customers(BATCH)
    bench.do(bench.consents("recordBatch", records(ids, 0, GRANTED, 0)))
    return batch(bench.consents("recordBatch", records(ids, 1, 0, REFUSED)))


@operation("pause of consents, one group")
def pause_consents(bench: Bench) -> Call:
    purposes(bench)
    return bench.consents("pause", by="guardian")


def asked(call: Call) -> Call:
    """The same view, asked by another contract."""
    return replace(call, asked=True)


@operation("isGranted, asked by a contract")
def is_granted(bench: Bench) -> Call:
    one, _ = saved(bench)
    return asked(bench.consents("isGranted", one, GROUP, 0))


@operation("isGranted by default, asked by a contract")
def is_granted_by_default(bench: Bench) -> Call:
    one, _ = linked(bench)
    return asked(bench.consents("isGranted", one, GROUP, SALE))


@operation("isVerified, asked by a contract")
def is_verified(bench: Bench) -> Call:
    (one,) = bench.customers()
    bench.do(bench.registry("verify", one, 2, DEADLINE, named("evidence"), by="verifier"))
    return asked(bench.registry("isVerified", one, 2))


# Onboarding


def joining(bench: Bench, customer: bytes, welcome: int = 0, label: str = "wallet") -> Call:
    """What a wallet has signed to join: six purposes allowed, one refused."""
    held = wallets.plain(label)
    _, group, grant, withdraw, notice, receipt = decision(customer)
    choices = [(words, bool(grant >> lane & 1)) for lane, words in enumerate(WORDS)]
    told = (group, notice, DOCUMENT, welcome, receipt, 0, DEADLINE)
    content = (PROGRAMME, customer, held.address, choices, *told)
    signature = bytes(held.sign(bench.suite.onboarding, "Onboard", *content))
    masks = (group, grant, withdraw, notice, receipt)
    intent = (customer, held.address, *masks, welcome, 0, DEADLINE)
    words = [named(text) for text in WORDS]
    return bench.onboarding("onboard", intent, words, named("record"), signature)


def welcoming(bench: Bench, points: int) -> None:
    """Somebody else joined before, so that the allowance and the issuer's meter were written."""
    purposes(bench)
    if points:
        bench.do(bench.onboarding("setWelcome", points, by="admin"))
    bench.do(joining(bench, named("somebody else"), points, "somebody else's wallet"))


@operation("onboard, unregistered")
def onboard_new(bench: Bench) -> Call:
    welcoming(bench, 0)
    return joining(bench, named("customer 0"))


@operation("onboard, registered")
def onboard_registered(bench: Bench) -> Call:
    welcoming(bench, 0)
    (one,) = bench.customers()
    return joining(bench, one)


@operation("onboard, unregistered, welcome award")
def onboard_new_welcome(bench: Bench) -> Call:
    welcoming(bench, POINTS)
    return joining(bench, named("customer 0"), POINTS)


@operation("onboard, registered, has points, welcome award")
def onboard_registered_welcome(bench: Bench) -> Call:
    welcoming(bench, POINTS)
    ids = bench.customers()
    bench.awarded(ids)
    return joining(bench, ids[0], POINTS)


# Leaving


def owned(bench: Bench, intent: str, verb: str) -> Call:
    """What a wallet signs about its own record."""
    one, held = saved(bench)
    fields = (one, 1, DEADLINE)
    signature = bytes(held.sign(bench.suite.registry, intent, *fields))
    return bench.registry(verb, *fields, signature, by="stranger")


@operation("unlinkWalletBySig")
def unlink_by_sig(bench: Bench) -> Call:
    return owned(bench, "UnlinkWallet", "unlinkWalletBySig")


@operation("eraseBySig, with consents")
def erase_by_sig(bench: Bench) -> Call:
    return owned(bench, "Erase", "eraseBySig")


@operation("vetoRecoveryBySig")
def veto_by_sig(bench: Bench) -> Call:
    one, request = recovery(bench)
    bench.do(request)
    ready_at = bench.suite.evm.timestamp + RECOVERY_DELAY
    new, held = wallets.plain("new wallet"), wallets.plain("wallet")
    fields = (one, new.address, ready_at, DEADLINE)
    signature = bytes(held.sign(bench.suite.registry, "VetoRecovery", *fields))
    return bench.registry("vetoRecoveryBySig", one, DEADLINE, signature, by="stranger")


@operation("merge, with points and consents")
def merge_consenting(bench: Bench) -> Call:
    purposes(bench)
    one, other = bench.customers(2)
    bench.awarded([one, other])
    bench.do(bench.consents("recordBatch", records([one, other], 0)))
    return bench.registry("merge", one, other, 0, b"", by="steward")


@operation("erase, with points and consents")
def erase_consenting(bench: Bench) -> Call:
    purposes(bench)
    (one,) = bench.customers()
    bench.awarded([one])
    bench.do(bench.consents("recordFor", decision(one), 0))
    return bench.registry("erase", one, by="steward")
