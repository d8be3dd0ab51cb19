"""Customers in operation: registered, linked, rotated, recovered, verified, merged, erased."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.contracts.support import wallets
from tests.contracts.support.evm import Refused
from tests.contracts.support.intents import bent
from tests.contracts.support.machine import WHO, SuiteMachine, campaigns, digest, run
from tests.contracts.support.model.ledger import Signed
from tests.contracts.support.model.registry import NOBODY
from tests.contracts.support.suite import RECOVERY_DELAY
from tests.contracts.support.wallets import Wallet

WALLET = st.integers(0, 5)
FLAW = st.sampled_from([""] * 6 + ["late", "seq", "wallet", "customer", "mirrored", "empty"])
OWN_FLAW = st.sampled_from(
    [""] * 6 + ["late", "seq", "wallet", "customer", "chain", "contract", "mirrored", "empty"]
)
OPERATORS = st.sampled_from(["operator"] * 5 + ["steward", "stranger"])


class CustomerMachine(SuiteMachine):
    """Every verb of CustomerRegistry, by whoever may and may not, with good and bad intents."""

    def _intent(
        self, signer: Wallet, customer: bytes, wallet: Wallet, flaw: str
    ) -> tuple[int, int, Signed]:
        """Sequence, deadline and signature of a LinkWallet intent, with a flaw if asked for."""
        seq = self.suite.registry.customer(customer).seq + (flaw == "seq")
        deadline = self.suite.evm.timestamp - (flaw == "late")
        named = self.customers[0] if flaw == "customer" else customer
        meant = self.suite.chain.wallets[0] if flaw == "wallet" else wallet
        content = ("LinkWallet", named, meant.address, seq, deadline)
        signed = signer.sign(self.suite.chain.registry, *content)
        if flaw == "mirrored":
            signed = Signed.over(wallets.mirrored(signed), "nobody", content)
        if flaw == "empty":
            signed = Signed.over(b"", "nobody", content)
        return seq, deadline, signed

    @rule(number=st.integers(0, 3), by=OPERATORS)
    def register(self, number: int, by: str) -> None:
        customer = digest("newcomer", number) if number else bytes(32)
        added = self.act("CustomerRegistry", "register", customer, digest("of", number), by=by)
        if added is True:
            self.meet(customer)

    @rule(numbers=st.lists(st.integers(0, 6), max_size=4), by=OPERATORS)
    def register_batch(self, numbers: list[int], by: str) -> None:
        batch = [digest("newcomer", n) if n else bytes(32) for n in numbers]
        new = [c for c in dict.fromkeys(batch) if not self.suite.registry.customer(c).status]
        if self.act("CustomerRegistry", "registerBatch", batch, bytes(32), by=by) == len(new):
            for customer in new:
                self.meet(customer)

    @rule(who=WHO)
    def register_again(self, who: int) -> None:
        """Also the merged and the erased, who never return."""
        customer = self.customers[who]
        self.act("CustomerRegistry", "register", customer, bytes(32), by="operator")

    @rule(wallet=st.integers(0, 3), salt=st.integers(0, 1))
    def join(self, wallet: int, salt: int) -> None:
        by = self.suite.chain.wallets[wallet].address
        customer = self.act("CustomerRegistry", "join", salt.to_bytes(32, "big"), by=by)
        if isinstance(customer, bytes):
            self.meet(customer)

    @rule(is_open=st.booleans(), by=st.sampled_from(["admin"] * 4 + ["operator"]))
    def set_enrolment(self, is_open: bool, by: str) -> None:
        self.act("CustomerRegistry", "setEnrolment", is_open, by=by)

    @rule(who=WHO, wallet=WALLET, flaw=FLAW, by=OPERATORS)
    def link_wallet(self, who: int, wallet: int, flaw: str, by: str) -> None:
        customer, new = self.customers[who], self.suite.chain.wallets[wallet]
        seq, deadline, signed = self._intent(new, customer, new, flaw)
        args = (customer, new.address, seq, deadline, signed)
        self.act("CustomerRegistry", "linkWallet", *args, by=by)

    @rule(who=WHO, wallet=WALLET, flaw=FLAW, current_flaw=FLAW)
    def rotate_wallet(self, who: int, wallet: int, flaw: str, current_flaw: str) -> None:
        customer, new = self.customers[who], self.suite.chain.wallets[wallet]
        seq, deadline, signed = self._intent(new, customer, new, flaw)
        _, _, agreed = self._intent(self.signer(customer, wallet), customer, new, current_flaw)
        args = (customer, new.address, seq, deadline, signed, agreed)
        self.act("CustomerRegistry", "rotateWallet", *args, by="stranger")

    @rule(who=WHO, own=st.sampled_from([True, True, False]))
    def unlink_wallet(self, who: int, own: bool) -> None:
        by = self.hand_of(self.customers[who]) if own else "operator"
        self.act("CustomerRegistry", "unlinkWallet", self.customers[who], by=by)

    def _own_intent(self, form: str, customer: bytes, flaw: str, other: int) -> tuple[Any, ...]:
        """Arguments of what a wallet signs for itself: UnlinkWallet or Erase, with a flaw."""
        chain = self.suite.chain
        seq = self.suite.registry.customer(customer).seq + (flaw == "seq")
        deadline = self.suite.evm.timestamp - (flaw == "late")
        signer = chain.wallets[other] if flaw == "wallet" else self.signer(customer, other)
        named = self.customers[0] if flaw == "customer" else customer
        elsewhere = chain.loyalty if flaw == "contract" else None
        content = (form, named, seq, deadline)
        signed = bent(signer, chain.registry, content, flaw, elsewhere)
        return (customer, seq, deadline, signed)

    @rule(who=WHO, flaw=OWN_FLAW, other=WALLET)
    def unlink_wallet_by_sig(self, who: int, flaw: str, other: int) -> None:
        args = self._own_intent("UnlinkWallet", self.customers[who], flaw, other)
        self.act("CustomerRegistry", "unlinkWalletBySig", *args, by="stranger")
        again = self.act("CustomerRegistry", "unlinkWalletBySig", *args, by="stranger")
        assert isinstance(again, Refused)

    @rule(who=WHO, flaw=OWN_FLAW, other=WALLET, dice=st.integers(0, 3))
    def erase_by_sig(self, who: int, flaw: str, other: int, dice: int) -> None:
        """Rarely as it should be, or nobody would be left."""
        flaw = flaw if dice == 0 else flaw or "wallet"
        args = self._own_intent("Erase", self.customers[who], flaw, other)
        self.act("CustomerRegistry", "eraseBySig", *args, by="stranger")

    @rule(
        who=WHO,
        wallet=WALLET,
        seq=st.sampled_from([0] * 6 + [1]),
        new=st.booleans(),
        by=st.sampled_from(["enroller"] * 5 + ["operator"]),
    )
    def enrol(self, who: int, wallet: int, seq: int, new: bool, by: str) -> None:
        """Known or new, by a contract that has checked the wallet's signature."""
        customer = digest("newcomer", who) if new and who else self.customers[who]
        customer = bytes(32) if new and not who else customer
        address = self.suite.chain.wallets[wallet].address if seq + who != 2 else NOBODY
        expected = self.suite.registry.customer(customer).seq
        args = (customer, digest("of", who), address, expected + seq)
        met = self.act("CustomerRegistry", "enrol", *args, by=by)
        if not isinstance(met, Refused):
            self.meet(customer)

    @rule(who=WHO, wallet=WALLET, flaw=FLAW, by=st.sampled_from(["recovery"] * 5 + ["operator"]))
    def request_recovery(self, who: int, wallet: int, flaw: str, by: str) -> None:
        customer, new = self.customers[who], self.suite.chain.wallets[wallet]
        seq, deadline, signed = self._intent(new, customer, new, flaw)
        args = (customer, new.address, seq, deadline, signed)
        self.act("CustomerRegistry", "requestRecovery", *args, by=by)

    @rule(who=WHO, by=st.sampled_from(["wallet", "wallet", "recovery", "steward"]))
    def veto_recovery(self, who: int, by: str) -> None:
        by = self.hand_of(self.customers[who]) if by == "wallet" else by
        self.act("CustomerRegistry", "vetoRecovery", self.customers[who], by=by)

    @rule(who=WHO, wallet=WALLET, flaw=OWN_FLAW, other=WALLET)
    def veto_recovery_by_sig(self, who: int, wallet: int, flaw: str, other: int) -> None:
        """Of the recovery that is under way, or of one that begins now."""
        customer, chain = self.customers[who], self.suite.chain
        if self.suite.registry.recovery(customer).readyAt == 0:
            self.request_recovery(who=who, wallet=wallet, flaw="", by="recovery")
        proposal = self.suite.registry.recovery(customer)
        deadline = self.suite.evm.timestamp - (flaw == "late")
        ready = proposal.readyAt + (flaw == "seq")
        signer = chain.wallets[other] if flaw == "wallet" else self.signer(customer, other)
        named = self.customers[0] if flaw == "customer" else customer
        content = ("VetoRecovery", named, proposal.wallet, ready, deadline)
        elsewhere = chain.loyalty if flaw == "contract" else None
        signed = bent(signer, chain.registry, content, flaw, elsewhere)
        args = (customer, deadline, signed)
        self.act("CustomerRegistry", "vetoRecoveryBySig", *args, by="stranger")

    @rule(who=WHO)
    def complete_recovery(self, who: int) -> None:
        self.act("CustomerRegistry", "completeRecovery", self.customers[who], by="stranger")

    @rule(who=WHO, wallet=WALLET, early=st.sampled_from([0, 0, 1]))
    def recover_in_one_go(self, who: int, wallet: int, early: int) -> None:
        """Request, wait until the very second (or one less), complete."""
        self.request_recovery(who=who, wallet=wallet, flaw="", by="recovery")
        self.suite.wait(RECOVERY_DELAY - early)
        self.complete_recovery(who=who)

    @rule(
        who=WHO,
        level=st.integers(0, 3),
        lasts=st.sampled_from([-1, 0, 1, 86_400, 10**9]),
        by=st.sampled_from(["verifier"] * 5 + ["operator"]),
    )
    def verify(self, who: int, level: int, lasts: int, by: str) -> None:
        until = self.suite.evm.timestamp + lasts
        args = (self.customers[who], level, until, digest("evidence", level))
        self.act("CustomerRegistry", "verify", *args, by=by)

    @rule(who=WHO, by=st.sampled_from(["verifier"] * 5 + ["operator"]))
    def revoke_verification(self, who: int, by: str) -> None:
        self.act("CustomerRegistry", "revokeVerification", self.customers[who], by=by)

    @rule(who=WHO, into=WHO, flaw=st.sampled_from(["", "", "late", "heir", "seq", "signer"]))
    def merge(self, who: int, into: int, flaw: str) -> None:
        gone, heir = self.customers[who], self.customers[into]
        seq = self.suite.registry.customer(gone).seq + (flaw == "seq")
        deadline = self.suite.evm.timestamp - (flaw == "late")
        signer: Any = self.suite.chain.wallets[into] if flaw == "signer" else None
        signer = signer or self.signer(gone, who)
        named = digest("another", 0) if flaw == "heir" else heir
        content = ("Merge", gone, named, seq, deadline)
        signed = signer.sign(self.suite.chain.registry, *content)
        self.act("CustomerRegistry", "merge", gone, heir, deadline, signed, by="steward")

    @rule(
        links=st.sampled_from([0, 2, 40, 40]),
        closings=st.sampled_from([0, 1, 8, 8]),
        by=st.sampled_from(["admin"] * 4 + ["steward"]),
    )
    def set_limits(self, links: int, closings: int, by: str) -> None:
        self.act("CustomerRegistry", "setLimits", links, closings, by=by)

    @rule(who=WHO, points=st.integers(1, 500))
    def award(self, who: int, points: int) -> None:
        """So that merges and erasures move something."""
        ref = digest("award", len(self.suite.loyalty.entries))
        args = (self.customers[who], ref, points, 0)
        self.act("LoyaltyPoints", "award", *args, by="issuer")


@pytest.mark.timeout(0)  # a deep campaign takes many minutes
@pytest.mark.parametrize("number", campaigns())
def test_customers_are_what_the_model_says_after_any_history(number: int) -> None:
    run(CustomerMachine, number)
