"""The one question: is it granted now? No for whatever and whoever is unknown."""

import pytest

from tests.contracts.unit.conftest import COMMITMENT
from tests.contracts.unit.support.consents import ALL, DOCUMENT, IRIS, NONE, OPT_OUT, decision
from tests.contracts.unit.support.wallets import HERS


def test_what_nobody_decided_is_not_granted_but_for_opt_out(consents, ana):
    assert [consents.isGranted(ana, 0, lane) for lane in range(7)] == [False] * 6 + [True]
    assert consents.grantedIn(ana, 0) == 1 << OPT_OUT
    assert tuple(consents.statusOf(ana, 0, OPT_OUT)) == (NONE, 0, 0, 0, True)


@pytest.mark.parametrize(("group", "lane"), [(0, 7), (0, 255), (1, 0), (255, 6)])
def test_a_lane_or_group_without_a_purpose_is_not_granted(consents, ana, group, lane):
    assert consents.isGranted(ana, group, lane) is False
    assert tuple(consents.statusOf(ana, group, lane)) == (NONE, 0, 0, 0, False)
    assert tuple(consents.purpose(group, lane)) == (bytes(32), 0, False)


def test_nothing_is_granted_for_an_unknown_customer(consents):
    assert consents.grantedIn(b"\x01" * 32, 0) == 0
    assert consents.isGranted(b"\x01" * 32, 0, OPT_OUT) is False


def test_an_opt_out_purpose_counts_once_a_notice_speaks_of_it(stage, consents, publisher, ana):
    stage.send(consents.definePurpose, 1, 0, IRIS[0], 30, True, by=publisher)
    assert consents.isGranted(ana, 1, 0) is False

    stage.send(consents.publishNotice, 1, 1, DOCUMENT, ["Sell?"], by=publisher)

    assert consents.isGranted(ana, 1, 0) is True
    assert consents.grantedIn(ana, 1) == 1


def test_an_opt_out_purpose_counts_for_a_suspended_customer(
    stage, consents, registry, operator, ana
):
    stage.send(registry.suspend, ana, COMMITMENT, by=operator)

    assert consents.isGranted(ana, 0, OPT_OUT) is True


def test_an_opt_out_purpose_granted_after_a_withdrawal_counts_again(stage, consents, ana, link):
    link(ana)
    stage.send(consents.save, decision(ana, withdraw=1 << OPT_OUT), by=HERS)
    assert consents.isGranted(ana, 0, OPT_OUT) is False

    stage.send(consents.save, decision(ana, grant=1 << OPT_OUT), by=HERS)

    assert consents.isGranted(ana, 0, OPT_OUT) is True


@pytest.mark.parametrize("mask", [0, 1, 0b1000000, 0b0101010, 0b1010101, 0b0111111, ALL])
def test_granted_in_is_is_granted_of_every_lane(stage, consents, ana, link, mask):
    link(ana)
    if mask != ALL:
        stage.send(consents.save, decision(ana, withdraw=ALL & ~mask), by=HERS)
    if mask:
        stage.send(consents.save, decision(ana, grant=mask), by=HERS)

    lanes = [consents.isGranted(ana, 0, lane) for lane in range(7)]

    assert consents.grantedIn(ana, 0) == mask
    assert lanes == [bool(mask >> lane & 1) for lane in range(7)]
