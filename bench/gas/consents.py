"""Consents and onboarding, measured beside the floor of their promise."""

from __future__ import annotations

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak

from bench.gas.chain import Contract
from bench.gas.figures import BATCH, Operation
from bench.gas.floor import Line, call, changed, fresh, log, read, recovery
from bench.gas.packages import BenchError
from bench.gas.suite import (
    DEADLINE,
    DEADLINE_SECONDS,
    GROUP,
    NOTICE,
    POINTS,
    PROGRAMME,
    SALE,
    WORDS,
    Suite,
    ref,
    wallet,
)
from rapport.intents import Choice, LinkWallet, Onboard, Save, WithdrawAll

ALL = 0x7F
REFUSED = 1 << SALE  # who joins allows six purposes and refuses the sale of data
GRANTED = ALL & ~REFUSED
_FIRST_WALLET = 100  # others are linked elsewhere in the run

CHOICES = "the customer's choices"
SETTINGS = read("the group: notice, lanes, ages, pause")
WHOSE = read("whose wallet may decide")
METER = "the issuer's right, cap and share of the liability"
LINKS = "the onboarding's daily allowance"

Decision = tuple[bytes, int, int, int, int, bytes]


@dataclass
class _Wallets:
    """Wallets that were not used yet, in the same order at each run."""

    suite: Suite
    used: int = 0

    def next(self) -> LocalAccount:
        account = wallet(_FIRST_WALLET + self.used)
        self.used += 1
        return account

    def linked(self) -> tuple[bytes, LocalAccount]:
        """A customer who decided nothing yet, and their wallet."""
        suite, account = self.suite, self.next()
        (customer,) = suite.new()
        signed = suite.sign(
            account, suite.registry, LinkWallet(customer, account.address, 0, DEADLINE)
        )
        arguments = (customer, account.address, 0, DEADLINE_SECONDS, signed)
        suite.registry.send(suite.staff, "linkWallet", *arguments)
        suite.chain.fund(account.address)
        return customer, account


def measure(suite: Suite) -> None:
    """Every operation of consent and onboarding, each transaction checked for its effect."""
    wallets = _Wallets(suite)
    _saved(suite, wallets)
    _signed(suite, wallets)
    _recorded(suite)
    _onboarded(suite, wallets)


def decision(
    customer: bytes, grant: int = GRANTED, withdraw: int = REFUSED, label: str = ""
) -> Decision:
    """What a customer decides, with a receipt of its own."""
    receipt = ref(f"receipt {customer.hex()} {grant} {withdraw} {label}")
    return customer, GROUP, grant, withdraw, NOTICE, receipt


def _granted(suite: Suite, customer: bytes, mask: int) -> None:
    """
    Raises:
        BenchError: Other purposes are granted than those of the mask.
    """
    met = suite.consents.call("grantedIn", customer, GROUP)
    if met != mask:
        raise BenchError(f"granted are the lanes {met:07b}, not {mask:07b}")


def _saved(suite: Suite, wallets: _Wallets) -> None:
    consents, told = suite.consents, log(suite.consents.abi, "ConsentChanged")
    first: tuple[Line, ...] = (fresh(CHOICES), SETTINGS, WHOSE, told)
    later: tuple[Line, ...] = (changed(CHOICES), SETTINGS, WHOSE, told)

    customer, account = wallets.linked()
    sender = account.address
    saved = decision(customer)
    suite.measure(Operation.SAVE_FIRST, first, consents, "save", saved, sender=sender)
    _granted(suite, customer, GRANTED)
    suite.ask(
        Operation.GRANTED_ASKED,
        (call("the consents"), read(CHOICES)),
        "isGranted",
        consents,
        customer,
        GROUP,
        0,
    )
    turned = decision(customer, REFUSED, GRANTED)
    suite.measure(Operation.SAVE_LATER, later, consents, "save", turned, sender=sender)
    _granted(suite, customer, REFUSED)

    customer, account = wallets.linked()
    sender = account.address
    one, other = decision(customer, 1, 0), decision(customer, 2, 0)
    suite.measure(Operation.SAVE_ONE_FIRST, first, consents, "save", one, sender=sender)
    suite.measure(Operation.SAVE_ONE_LATER, later, consents, "save", other, sender=sender)
    _granted(suite, customer, 3 | REFUSED)  # nobody has opted out of the sale
    back = decision(customer, 0, 1)
    suite.measure(Operation.WITHDRAW_ONE, later, consents, "save", back, sender=sender)
    _granted(suite, customer, 2 | REFUSED)

    customer, account = wallets.linked()
    consents.send(account.address, "save", decision(customer))
    suite.measure(
        Operation.WITHDRAW_ALL,
        later,
        consents,
        "withdrawAll",
        customer,
        ref("withdrawal"),
        sender=account.address,
    )
    _granted(suite, customer, 0)


def _signed(suite: Suite, wallets: _Wallets) -> None:
    consents, anyone = suite.consents, suite.chain.actor("anyone")
    told, signature = log(consents.abi, "ConsentChanged"), recovery("the wallet's")
    common = (SETTINGS, WHOSE, told, signature)
    customer, account = wallets.linked()
    for seq, operation, lines, choice in (
        (0, Operation.SAVE_SIGNED_FIRST, (fresh(CHOICES), *common), decision(customer)),
        (
            1,
            Operation.SAVE_SIGNED_LATER,
            (changed(CHOICES), *common),
            decision(customer, ALL, 0),
        ),
    ):
        signed = suite.sign(account, consents, Save(*choice, seq, DEADLINE))
        arguments = (choice, seq, DEADLINE_SECONDS, signed)
        suite.measure(operation, lines, consents, "saveBySig", *arguments, sender=anyone)
        _granted(suite, customer, choice[2])
        _used_up(suite, consents, "saveBySig", *arguments)

    receipt, seq = ref("signed withdrawal"), 2
    signed = suite.sign(account, consents, WithdrawAll(customer, receipt, seq, DEADLINE))
    withdrawal = (customer, receipt, seq, DEADLINE_SECONDS, signed)
    suite.measure(
        Operation.WITHDRAW_ALL_SIGNED,
        (changed(CHOICES), *common),
        consents,
        "withdrawAllBySig",
        *withdrawal,
        sender=anyone,
    )
    _granted(suite, customer, 0)
    _used_up(suite, consents, "withdrawAllBySig", *withdrawal)


def _used_up(suite: Suite, contract: Contract, function: str, *arguments: object) -> None:
    """
    Raises:
        BenchError: A signed intent was taken twice.
    """
    if contract.attempt(suite.chain.actor("anyone"), function, *arguments).succeeded:
        raise BenchError(f"{contract.name}.{function} takes a signature twice")


def _recorded(suite: Suite) -> None:
    consents, told = suite.consents, log(suite.consents.abi, "ConsentChanged")
    right = read("the operator's right")
    known = read("that the customer is one, and has no wallet")
    (one,) = suite.new()
    choice = decision(one)
    lines: tuple[Line, ...] = (right, known, SETTINGS, fresh(CHOICES), told)
    suite.measure(Operation.RECORD, lines, consents, "recordFor", choice, 0)
    _granted(suite, one, GRANTED)
    lines = (right, known, read(CHOICES))
    suite.measure(Operation.RECORD_RETRIED, lines, consents, "recordFor", choice, 0)
    if consents.call("sequenceOf", one, GROUP) != 1:
        raise BenchError("a record that was repeated counts twice")
    lines = (right, known, SETTINGS, changed(CHOICES), told)
    arguments = (one, ref("withdrawal recorded"))
    suite.measure(Operation.WITHDRAW_ALL_OPERATOR, lines, consents, "withdrawAll", *arguments)
    _granted(suite, one, 0)

    many = suite.new(BATCH)
    once = (right.once(), SETTINGS.once())
    for operation, lines, seq, grant, withdraw, left in (
        (
            Operation.RECORD_BATCH_FIRST,
            (*once, known, fresh(CHOICES), told),
            0,
            GRANTED,
            REFUSED,
            GRANTED,
        ),
        (
            Operation.RECORD_BATCH_RETRIED,
            (right.once(), known, read(CHOICES)),
            0,
            GRANTED,
            REFUSED,
            GRANTED,
        ),
        (
            Operation.RECORD_BATCH_LATER,
            (*once, known, changed(CHOICES), told),
            1,
            REFUSED,
            GRANTED,
            REFUSED,
        ),
        (
            Operation.RECORD_BATCH_OPT_OUT,
            (*once, known, changed(CHOICES), told),
            2,
            0,
            REFUSED,
            0,
        ),
    ):
        records = [(decision(customer, grant, withdraw), seq) for customer in many]
        suite.measure(operation, lines, consents, "recordBatch", records, count=BATCH)
        for customer in many:
            _granted(suite, customer, left)


def _onboarded(suite: Suite, wallets: _Wallets) -> None:
    consents, points = suite.consents, suite.points
    linked: tuple[Line, ...] = (
        read("the operator's right"),
        recovery("the wallet's"),
        read("the notice's words"),
        fresh("whose the wallet is"),
        changed(LINKS),
        SETTINGS,
        fresh(CHOICES),
        log(consents.abi, "ConsentChanged"),
    )
    record = "the customer's record"
    awarded = (read("the welcome award"), fresh("the award's entry"), changed(METER))
    account = "the customer's account"
    (warm,) = suite.unregistered()
    suite.onboarding.send(suite.staff, "onboard", *_joining(suite, wallets.next(), warm, 0))

    for operation, welcome, customer, lines in (
        (Operation.ONBOARD_NEW, 0, suite.unregistered()[0], (*linked, fresh(record))),
        (Operation.ONBOARD_EXISTING, 0, suite.new()[0], (*linked, changed(record))),
        (
            Operation.ONBOARD_WELCOME_NEW,
            POINTS,
            suite.unregistered()[0],
            (*linked, fresh(record), *awarded, fresh(account)),
        ),
        (
            Operation.ONBOARD_WELCOME_EXISTING,
            POINTS,
            suite.existing()[0],
            (*linked, changed(record), *awarded, changed(account)),
        ),
    ):
        if welcome and suite.onboarding.call("welcome") != welcome:
            suite.onboarding.send(suite.admin, "setWelcome", welcome)
            (first,) = suite.unregistered()
            joining = _joining(suite, wallets.next(), first, welcome)
            suite.onboarding.send(suite.staff, "onboard", *joining)
        before = points.call("balanceOf", customer)
        joining = _joining(suite, held := wallets.next(), customer, welcome)
        suite.measure(operation, lines, suite.onboarding, "onboard", *joining)
        _granted(suite, customer, GRANTED)
        if suite.registry.call("walletOf", customer) != held.address.lower():
            raise BenchError("who joined has no wallet linked")
        if points.call("balanceOf", customer) != before + welcome:
            raise BenchError("the welcome award is not in the balance")
        if suite.onboarding.attempt(suite.staff, "onboard", *joining).succeeded:
            raise BenchError("Onboarding.onboard takes a signature twice")


def _joining(
    suite: Suite, account: LocalAccount, customer: bytes, welcome: int
) -> tuple[object, ...]:
    """What ``onboard`` takes: the intent, the words by digest, a commitment and a signature."""
    _, group, grant, withdraw, notice, receipt = decision(customer)
    address: ChecksumAddress = account.address
    intent = Onboard(
        programme=PROGRAMME,
        customer_id=customer,
        wallet=address,
        choices=tuple(Choice(words, bool(grant >> n & 1)) for n, words in enumerate(WORDS)),
        group=group,
        notice=notice,
        notice_document=ref("notice"),
        welcome_points=welcome,
        receipt=receipt,
        seq=0,
        deadline=DEADLINE,
    )
    signed = suite.sign(account, suite.onboarding, intent)
    masks = (group, grant, withdraw, notice, receipt)
    values = (customer, address, *masks, welcome, 0, DEADLINE_SECONDS)
    return values, [keccak(text=words) for words in WORDS], ref("commitment"), signed
