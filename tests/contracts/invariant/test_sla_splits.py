"""Nobody is both parties of a split."""

from __future__ import annotations

import pytest

from tests.contracts.support.evm import Refused
from tests.contracts.support.helpdesk import Helpdesk

ALL_TO_THE_CLIENT = 0


def test_a_customer_who_has_changed_wallets_cannot_accept_what_it_proposed() -> None:
    desk = Helpdesk()
    before, after = desk.spare, desk.chain.wallets[2]
    desk.bare_gets_a_wallet()
    desk.sla.linkClient(desk.bare_id, sender=desk.provider)
    desk.sla.proposeSplit(desk.bare_id, ALL_TO_THE_CLIENT, sender=before.address)

    desk.registry.unlinkWallet(desk.bare, sender=before.address)
    desk.link(desk.bare, after)
    assert desk.sla.linkClient(desk.bare_id, sender=desk.provider) is True

    for party in (after.address, desk.provider):  # it is nobody's proposal any more
        with pytest.raises(Refused, match="BadSplit"):
            desk.sla.acceptSplit(desk.bare_id, ALL_TO_THE_CLIENT, sender=party)
    desk.sla.proposeSplit(desk.bare_id, ALL_TO_THE_CLIENT, sender=after.address)
    desk.sla.acceptSplit(desk.bare_id, ALL_TO_THE_CLIENT, sender=desk.provider)
    assert (
        desk.money.balanceOf(after.address) == 500_000
    )  # half of the amount is the largest credit
