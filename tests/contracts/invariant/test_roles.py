"""Every function of every contract, called by everyone: allowed, or refused with the exact error.

The functions come from the compiled interfaces, so one that is not listed here fails the suite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts.support import artifacts
from tests.contracts.support.checkout import LATER, PRICE, Checkout
from tests.contracts.support.evm import Refused
from tests.contracts.support.helpdesk import FEE, Helpdesk
from tests.contracts.support.machine import digest
from tests.contracts.support.model.ledger import ADMIN, role
from tests.contracts.support.scene import EUR, RULE, WORDS, Scene
from tests.contracts.support.suite import ACTORS, ADMIN_DELAY, ROLES, TALLY

ADMINISTERED = tuple(ROLES)
CALLERS = (*ACTORS, "wallet")
ANYONE = frozenset(CALLERS)
NEW = digest("newcomer", 0)

Refusal = Callable[[Scene, str], Refused]


def lacks(title: str) -> Refusal:
    """The refusal of who does not hold a role."""
    return lambda scene, caller: Refused(
        "AccessControlUnauthorizedAccount", scene.actors[caller], role(title)
    )


def not_the_customer(scene: Scene, caller: str) -> Refused:
    return Refused("NotTheCustomer", scene.linked, scene.actors[caller])


def fixed(name: str) -> Refusal:
    return lambda scene, caller: Refused(name, scene.actors[caller])


def not_the_payer(scene: Scene, caller: str) -> Refused:
    return Refused("NotPayer", scene.wallet.address, scene.actors[caller])


def not_the_merchant(scene: Scene, caller: str) -> Refused:
    return Refused("NotMerchant", scene.actors["merchant"], scene.actors[caller])


def nothing_is_owed(scene: Checkout, caller: str) -> Refused:
    return Refused("NothingOwed", scene.actors[caller], scene.odd.address)


def not_the_provider(scene: Scene, caller: str) -> Refused:
    return Refused("NotProvider", scene.actors["merchant"], scene.actors[caller])


def not_the_client(scene: Scene, caller: str) -> Refused:
    return Refused("NotClient", scene.wallet.address, scene.actors[caller])


def no_party(scene: Helpdesk, caller: str) -> Refused:
    return Refused("NotParty", scene.id, scene.actors[caller])


def has_not_the_money(scene: Helpdesk, caller: str) -> Refused:
    house, token = scene.sla.address, scene.money.address
    return Refused("TransferFailed", token, scene.actors[caller], house, FEE)


def no_other_party(scene: Helpdesk, caller: str) -> Refused:
    """Nobody accepts what they have proposed themselves."""
    return Refused("BadSplit", 5_000) if caller == "merchant" else no_party(scene, caller)


def nobody_is_refused(scene: Scene, caller: str) -> Refused:
    raise AssertionError(f"{caller} may call this")


@dataclass(frozen=True)
class Rule:
    """Who may call a function, with arguments and in a situation in which it would succeed."""

    allowed: frozenset[str]
    args: Callable[[Any], tuple[Any, ...]] = lambda scene: ()
    refusal: Refusal = nobody_is_refused
    given: Callable[[Any], None] = lambda scene: None


def payers(
    args: Callable[[Checkout], tuple[Any, ...]],
    given: Callable[[Checkout], None] = Checkout.subscribe,
) -> Rule:
    """A function of whoever pays."""
    return Rule(frozenset({"wallet"}), args, not_the_payer, given)


def merchants(
    args: Callable[[Checkout], tuple[Any, ...]], given: Callable[[Checkout], None] = lambda s: None
) -> Rule:
    """A function of whoever sells."""
    return Rule(frozenset({"merchant"}), args, not_the_merchant, given)


def providers(
    args: Callable[[Helpdesk], tuple[Any, ...]], given: Callable[[Helpdesk], None] = Helpdesk.open
) -> Rule:
    """A function of whoever provides a service."""
    return Rule(frozenset({"merchant"}), args, not_the_provider, given)


def parties(
    args: Callable[[Helpdesk], tuple[Any, ...]], given: Callable[[Helpdesk], None] = Helpdesk.open
) -> Rule:
    """A function of provider and client."""
    return Rule(frozenset({"merchant", "wallet"}), args, no_party, given)


def only(
    title: str,
    args: Callable[[Scene], tuple[Any, ...]] = lambda scene: (),
    given: Callable[[Scene], None] = lambda scene: None,
) -> Rule:
    """A function of one role."""
    holder = "admin" if title == "DEFAULT_ADMIN" else title.lower()
    return Rule(frozenset({holder}), args, lacks(title), given)


def begun_transfer(scene: Scene) -> None:
    for name in ADMINISTERED:
        contract = scene.chain.contracts[name]
        contract.beginDefaultAdminTransfer(scene.actors["stranger"], **scene.by("admin"))
    scene.evm.warp(scene.evm.timestamp + ADMIN_DELAY + 1)


def closed_enrolment_opens(scene: Scene) -> None:
    scene.registry.setEnrolment(True, **scene.by("admin"))
    scene.registry.unlinkWallet(scene.linked, **scene.by("wallet"))


ADMINISTRATION = {
    "acceptDefaultAdminTransfer": Rule(
        frozenset({"stranger"}),
        refusal=fixed("AccessControlInvalidDefaultAdmin"),
        given=begun_transfer,
    ),
    "beginDefaultAdminTransfer": only("DEFAULT_ADMIN", lambda s: (s.actors["stranger"],)),
    "cancelDefaultAdminTransfer": only("DEFAULT_ADMIN", given=begun_transfer),
    "changeDefaultAdminDelay": only("DEFAULT_ADMIN", lambda s: (86_400,)),
    "rollbackDefaultAdminDelay": only("DEFAULT_ADMIN"),
    "grantRole": only("DEFAULT_ADMIN", lambda s: (role("OPERATOR"), s.actors["stranger"])),
    "revokeRole": only("DEFAULT_ADMIN", lambda s: (role("OPERATOR"), s.actors["stranger"])),
    # Only one's own role, which the second argument confirms.
    "renounceRole": Rule(
        frozenset({"stranger"}),
        lambda s: (role("OPERATOR"), s.actors["stranger"]),
        lambda s, caller: Refused("AccessControlBadConfirmation"),
    ),
}

REGISTRY = {
    "register": only("OPERATOR", lambda s: (NEW, bytes(32))),
    "registerBatch": only("OPERATOR", lambda s: ([NEW], bytes(32))),
    "join": Rule(ANYONE, lambda s: (bytes(32),), given=closed_enrolment_opens),
    "linkWallet": only("OPERATOR", lambda s: s.intent(s.spare, s.bare, s.spare)),
    "rotateWallet": Rule(
        ANYONE,
        lambda s: (
            *s.intent(s.spare, s.linked, s.spare),
            s.intent(s.wallet, s.linked, s.spare)[-1],
        ),
    ),
    "enrol": only("ENROLLER", lambda s: (NEW, bytes(32), s.spare.address, 0)),
    "unlinkWallet": Rule(frozenset({"wallet"}), lambda s: (s.linked,), not_the_customer),
    "unlinkWalletBySig": Rule(ANYONE, lambda s: s.own_intent("UnlinkWallet", s.linked, s.wallet)),
    "requestRecovery": only("RECOVERY", lambda s: s.intent(s.spare, s.linked, s.spare)),
    "vetoRecovery": Rule(
        frozenset({"wallet", "recovery"}),
        lambda s: (s.linked,),
        not_the_customer,
        Scene.propose_recovery,
    ),
    "vetoRecoveryBySig": Rule(
        ANYONE, lambda s: s.veto_intent(s.linked, s.wallet), given=Scene.propose_recovery
    ),
    "completeRecovery": Rule(ANYONE, lambda s: (s.linked,), given=Scene.ripe_recovery),
    "verify": only("VERIFIER", lambda s: (s.linked, 1, 2**40 - 1, bytes(32))),
    "revokeVerification": only("VERIFIER", lambda s: (s.linked,)),
    "suspend": only("OPERATOR", lambda s: (s.linked, bytes(32))),
    "reinstate": only(
        "OPERATOR",
        lambda s: (s.linked,),
        lambda s: s.registry.suspend(s.linked, bytes(32), **s.by("operator")),
    ),
    "merge": only("STEWARD", lambda s: s.merge_intent(s.linked, s.bare, s.wallet)),
    "erase": Rule(frozenset({"steward", "wallet"}), lambda s: (s.linked,), lacks("STEWARD")),
    "eraseBySig": Rule(ANYONE, lambda s: s.own_intent("Erase", s.linked, s.wallet)),
    "setEnrolment": only("DEFAULT_ADMIN", lambda s: (True,)),
    "attachLedger": only("DEFAULT_ADMIN", lambda s: (s.earn.address,)),
    "detachLedger": only("DEFAULT_ADMIN", lambda s: (s.points.address,)),
    "setLimits": only("DEFAULT_ADMIN", lambda s: (1, 1)),
}

POINTS = {
    "award": only("ISSUER", lambda s: (s.linked, digest("new", 0), 10, 0)),
    "awardUnder": only("ISSUER", lambda s: (s.linked, digest("new", 0), 0, 0, 7)),
    "awardBatch": only("ISSUER", lambda s: ([(s.linked, digest("new", 0), 10)], 0)),
    "settle": Rule(ANYONE, lambda s: (s.linked, s.due)),
    "settleBatch": Rule(ANYONE, lambda s: ([s.linked], [s.due])),
    "reverse": only("ISSUER", lambda s: (s.linked, s.awarded, 10)),
    # While no wallet is linked; with one, only the wallet (below).
    "redeem": only("ISSUER", lambda s: (s.bare, digest("new", 0), 10)),
    "redeemBySig": Rule(
        ANYONE, lambda s: s.redeem_intent(s.linked, digest("new", 0), 10, s.wallet)
    ),
    "refund": only("ISSUER", lambda s: (s.bare, s.redeemed, 10)),
    "credit": only("CAMPAIGN", lambda s: (s.linked, digest("new", 0), 10)),
    "pause": only("GUARDIAN"),
    "unpause": only("DEFAULT_ADMIN", given=lambda s: s.points.pause(**s.by("guardian"))),
    "setTiers": only("DEFAULT_ADMIN", lambda s: ([1, 2, 3],)),
    "setIssuerCap": only("DEFAULT_ADMIN", lambda s: (s.actors["issuer"], 5)),
    # The registry alone, which the machines exercise.
    "merge": Rule(frozenset(), lambda s: (s.linked, s.bare), fixed("NotTheRegistry")),
    "forfeit": Rule(frozenset(), lambda s: (s.linked,), fixed("NotTheRegistry")),
}

EARN = {
    "setPurchaseRule": only("RULES", lambda s: (EUR, RULE)),
    "endPurchaseRule": only("RULES", lambda s: (EUR,)),
    "earn": only("RECORDER", lambda s: (s.linked, digest("new", 0), EUR, 5_000)),
    "earnOnSale": only(
        "RECORDER",
        lambda s: (s.actors["merchant"], s.linked, digest("new", 0), EUR, 5_000),
    ),
    "earnBatch": only("RECORDER", lambda s: ([(s.linked, digest("new", 0), EUR, 5_000)],)),
    "reverse": only("RECORDER", lambda s: (s.linked, s.order, EUR, 10_000, 10_000)),
}

CONSENTS = {
    "definePurpose": only("PUBLISHER", lambda s: (1, 0, bytes(32), 30, False)),
    "publishNotice": only("PUBLISHER", lambda s: (0, 2, bytes(32), WORDS)),
    "save": Rule(frozenset({"wallet"}), lambda s: (s.decision(1, 2),), not_the_customer),
    "saveBySig": Rule(ANYONE, lambda s: s.save_intent(s.decision(1, 2), s.wallet)),
    "saveFor": only("ENROLLER", lambda s: (s.decision(1, 2), s.wallet.address)),
    "withdrawAll": Rule(
        frozenset({"wallet", "operator"}), lambda s: (s.linked, bytes(32)), not_the_customer
    ),
    "withdrawAllBySig": Rule(ANYONE, lambda s: s.withdrawal_intent(s.linked, s.wallet)),
    "recordFor": only("OPERATOR", lambda s: (s.decision(1, 2, customerId=s.bare), 0)),
    "recordBatch": only("OPERATOR", lambda s: ([(s.decision(1, 2, customerId=s.bare), 0)],)),
    "pause": only("GUARDIAN"),
    "unpause": only("DEFAULT_ADMIN", given=lambda s: s.consents.pause(**s.by("guardian"))),
    # The registry alone, which the machines exercise.
    "merge": Rule(frozenset(), lambda s: (s.linked, s.bare), fixed("NotTheRegistry")),
    "forfeit": Rule(frozenset(), lambda s: (s.linked,), fixed("NotTheRegistry")),
}

ONBOARDING = {
    "onboard": only("OPERATOR", lambda s: s.onboarding_args(s.joining(NEW, s.spare), s.spare)),
    "setWelcome": only("DEFAULT_ADMIN", lambda s: (7,)),
}

PERMIT = {
    "permit": Rule(
        ANYONE,
        lambda s: (s.money.address, s.wallet.address, PRICE, LATER, 27, bytes(32), bytes(32)),
    ),
}

# No role counts here, not even an administrator's: only whose money and whose sale it is.
PAYMENTS = {
    **PERMIT,
    "pay": payers(lambda s: s.sale(), lambda s: None),
    "payBySig": Rule(ANYONE, lambda s: s.signed(s.sale())),
    "authorize": payers(lambda s: s.held(), lambda s: None),
    "authorizeBySig": Rule(ANYONE, lambda s: s.signed(s.held())),
    "capture": merchants(lambda s: (*s.held(), PRICE), Checkout.authorize),
    "void": merchants(lambda s: s.held()[:1], Checkout.authorize),
    "reclaim": Rule(ANYONE, lambda s: s.held()[:1], given=Checkout.authorize_and_wait),
    "refund": merchants(lambda s: (s.sale()[0], PRICE), Checkout.pay),
    "withdraw": Rule(
        frozenset({"merchant"}),
        lambda s: (s.odd.address, s.spare.address),
        nothing_is_owed,
        Checkout.owe,
    ),
    # Calls in the name of whoever sends them all.
    "multicall": merchants(
        lambda s: ([s.payments.functions["void"].encode(s.held()[:1])],), Checkout.authorize
    ),
}

SUBSCRIPTIONS = {
    **PERMIT,
    "createPlan": merchants(lambda s: s.plan(3)),
    "setPlanPrice": merchants(lambda s: (s.plans[0], 1, 0)),
    "closePlan": merchants(lambda s: (s.plans[0],)),
    "subscribe": payers(lambda s: (s.terms(),), lambda s: None),
    "subscribeBySig": Rule(ANYONE, lambda s: s.signed_terms()),
    "subscribeWithCoupon": Rule(ANYONE, lambda s: s.terms_with_coupon()),
    "charge": Rule(ANYONE, lambda s: (s.id,), given=Checkout.fall_due),
    "chargeBatch": Rule(ANYONE, lambda s: ([s.id],), given=Checkout.fall_due),
    "chargeFor": Rule(
        frozenset(), lambda s: (s.id, s.payer, 0, 0), fixed("NotSelf"), given=Checkout.fall_due
    ),
    "acceptPrice": payers(lambda s: (s.id, 2 * PRICE)),
    "changePlan": payers(lambda s: (s.id, s.plans[1], 2 * PRICE, 2 * PRICE)),
    "pause": payers(lambda s: (s.id,)),
    "resume": payers(lambda s: (s.id,), Checkout.pause),
    "reactivate": payers(lambda s: (s.id,), Checkout.lapse),
    "redeem": payers(lambda s: (s.id, *s.coupon())),
    "cancel": Rule(
        frozenset({"wallet", "merchant"}), lambda s: (s.id,), not_the_merchant, Checkout.subscribe
    ),
    "instruct": Rule(ANYONE, lambda s: s.instruction(0), given=Checkout.subscribe),
    "grantTime": merchants(lambda s: (s.id, LATER), Checkout.subscribe),
    "refund": merchants(lambda s: (s.id, 1, 0), Checkout.subscribe),
    # Calls in the name of whoever sends them all.
    "multicall": payers(lambda s: ([s.subscriptions.functions["pause"].encode((s.id,))],)),
}

SLA = {
    **PERMIT,
    "createPolicy": providers(lambda s: (NEW, s.terms()), lambda s: None),
    "closePolicy": providers(lambda s: (1,)),
    "depositBond": Rule(
        frozenset({"merchant", "wallet"}), lambda s: (s.money.address, FEE), has_not_the_money
    ),
    "open": Rule(frozenset({"wallet"}), lambda s: (s.opening(),), not_the_client),
    "openBySig": Rule(ANYONE, lambda s: s.signed_opening()),
    "linkClient": Rule(ANYONE, lambda s: (s.bare_id,), given=Helpdesk.bare_gets_a_wallet),
    "respond": providers(lambda s: (s.id,)),
    "awaitCustomer": providers(lambda s: (s.id,)),
    "resume": parties(lambda s: (s.id,), Helpdesk.pause),
    "deliver": providers(lambda s: (s.id, bytes(32))),
    "accept": Rule(frozenset({"wallet"}), lambda s: (s.id,), not_the_client, Helpdesk.deliver),
    "finalize": Rule(ANYONE, lambda s: (s.id,), given=Helpdesk.review),
    "giveUp": providers(lambda s: (s.id,)),
    "reclaim": Rule(ANYONE, lambda s: (s.id,), given=Helpdesk.abandon),
    "concede": parties(lambda s: (s.id, 1)),
    "proposeSplit": parties(lambda s: (s.id, 5_000)),
    "acceptSplit": Rule(
        frozenset({"wallet"}), lambda s: (s.id, 5_000), no_other_party, Helpdesk.offer_a_split
    ),
    "dispute": parties(lambda s: (s.id, bytes(32)), Helpdesk.deliver),
    "submitEvidence": parties(lambda s: (s.id, NEW)),
    "resolve": Rule(
        frozenset({"guardian"}),
        lambda s: (s.id, 5_000),
        lambda s, caller: Refused("NotArbiter", s.actors["guardian"], s.actors[caller]),
        Helpdesk.dispute,
    ),
    "expireDispute": Rule(ANYONE, lambda s: (s.id,), given=Helpdesk.outwait),
    "instruct": Rule(ANYONE, lambda s: s.instruction(), given=Helpdesk.open),
    "claim": Rule(
        ANYONE, lambda s: (s.provider, s.bare, s.money.address), given=Helpdesk.credit_bare
    ),
    "withdraw": Rule(
        frozenset({"merchant"}),
        lambda s: (s.money.address, s.spare.address),
        lambda s, caller: Refused("NothingOwed", s.actors[caller], s.money.address),
    ),
    # Calls in the name of whoever sends them all.
    "multicall": providers(lambda s: ([s.sla.functions["respond"].encode((s.id,))],)),
}

MATRIX: dict[str, dict[str, Rule]] = {
    "CustomerRegistry": {**ADMINISTRATION, **REGISTRY},
    "LoyaltyPoints": {**ADMINISTRATION, **POINTS},
    "EarnRules": {**ADMINISTRATION, **EARN},
    "ConsentRegistry": {**ADMINISTRATION, **CONSENTS},
    "Onboarding": {**ADMINISTRATION, **ONBOARDING},
    "Payments": PAYMENTS,
    "Subscriptions": SUBSCRIPTIONS,
    "SLAEscrow": SLA,
}
SCENES = {"Payments": Checkout, "Subscriptions": Checkout, "SLAEscrow": Helpdesk}
PAIRS = [(name, verb) for name, rules in MATRIX.items() for verb in rules]


def outcome(scene: Scene, contract: str, verb: str, args: tuple[Any, ...], caller: str) -> Any:
    try:
        getattr(scene.chain.contracts[contract], verb)(*args, sender=scene.actors[caller])
    except Refused as refusal:
        return refusal
    return "allowed"


@pytest.mark.parametrize("name", MATRIX)
def test_every_function_that_changes_state_is_in_the_matrix(name: str) -> None:
    abi = artifacts.load(name).abi
    changing = [
        entry["name"]
        for entry in abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    ]
    assert len(changing) == len(set(changing)), "an overloaded name would hide a function"
    assert sorted(changing) == sorted(MATRIX[name])
    assert [e["type"] for e in abi if e["type"] in ("receive", "fallback")] == []
    assert [e["name"] for e in abi if e.get("stateMutability") == "payable"] == []


@pytest.mark.parametrize(("name", "verb"), PAIRS)
def test_a_function_serves_whom_it_names_and_refuses_everyone_else(name: str, verb: str) -> None:
    rule = MATRIX[name][verb]
    scene = SCENES.get(name, Scene)()
    rule.given(scene)
    args = rule.args(scene)
    for caller in CALLERS:
        mark = scene.evm.snapshot()
        met = outcome(scene, name, verb, args, caller)
        TALLY["functions by callers"] += 1
        expected = "allowed" if caller in rule.allowed else rule.refusal(scene, caller)
        assert met == expected, f"{name}.{verb} by {caller}: {met!r}, expected {expected!r}"
        scene.evm.revert(mark)


@pytest.mark.parametrize("caller", CALLERS)
def test_redeem_serves_only_the_wallet_once_one_is_linked(caller: str) -> None:
    scene = Scene()
    args = (scene.linked, digest("new", 0), 10)
    met = outcome(scene, "LoyaltyPoints", "redeem", args, caller)
    assert met == ("allowed" if caller == "wallet" else not_the_customer(scene, caller))


@pytest.mark.parametrize("name", ADMINISTERED)
def test_the_admin_role_is_neither_granted_nor_revoked_in_one_step(name: str) -> None:
    scene = Scene()
    contract = scene.chain.contracts[name]
    for verb in (contract.grantRole, contract.revokeRole):
        with pytest.raises(Refused) as refused:
            verb(ADMIN, scene.actors["stranger"], **scene.by("admin"))
        assert refused.value == Refused("AccessControlEnforcedDefaultAdminRules")


@pytest.mark.parametrize("name", ADMINISTERED)
def test_the_admin_hands_over_only_after_the_delay(name: str) -> None:
    scene = Scene()
    contract = scene.chain.contracts[name]
    due = scene.evm.timestamp + ADMIN_DELAY
    contract.beginDefaultAdminTransfer(scene.actors["stranger"], **scene.by("admin"))
    scene.evm.warp(due)

    with pytest.raises(Refused) as refused:
        contract.acceptDefaultAdminTransfer(**scene.by("stranger"))
    assert refused.value == Refused("AccessControlEnforcedDefaultAdminDelay", due)

    scene.evm.warp(due + 1)
    contract.acceptDefaultAdminTransfer(**scene.by("stranger"))
    assert contract.defaultAdmin() == scene.actors["stranger"]
    assert not contract.hasRole(ADMIN, scene.actors["admin"])


@pytest.mark.parametrize("name", ADMINISTERED)
def test_after_deployment_every_role_has_exactly_its_holder(name: str) -> None:
    scene = Scene()
    contract = scene.chain.contracts[name]
    held = [verb for verb in contract.functions if verb.endswith("_ROLE")]
    for verb in held:
        title = verb.removesuffix("_ROLE")
        holder = "admin" if title == "DEFAULT_ADMIN" else title.lower()
        identifier = getattr(contract, verb)()
        assert identifier == role(title)
        assert contract.getRoleAdmin(identifier) == ADMIN
        holders = [
            caller for caller in CALLERS if contract.hasRole(identifier, scene.actors[caller])
        ]
        assert holders == [holder]
