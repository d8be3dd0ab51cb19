"""Odd tokens on every path of money: what is met is what `docs/tokens.md` says.

That everybody's balance adds up, that a refusal leaves no trace and that a bystander's money stays
is asserted wherever a token is met: `tests/contracts/support/tokens/`.
"""

import pytest

from scripts import token_matrix
from tests.contracts.support.tokens import KINDS, PATHS, meet
from tests.contracts.support.tokens.kinds import ODDITIES

REMEDY = "if this is meant, run: python -m scripts.token_matrix"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("contract", PATHS)
def test_an_odd_token_works_or_is_refused_as_the_page_says(contract, kind):
    met = {path: str(meet(kind, contract, path)) for path in PATHS[contract]}

    assert met == token_matrix.published(contract)[kind.name], REMEDY


@pytest.mark.parametrize("contract", PATHS)
def test_the_page_holds_every_kind_and_nothing_else(contract):
    assert list(token_matrix.published(contract)) == [kind.name for kind in KINDS]


def test_every_oddity_of_the_mock_is_met():
    assert set(ODDITIES) <= {kind.oddity for kind in KINDS}
    assert len({kind.name for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("contract", PATHS)
def test_only_a_token_that_changes_balances_itself_leaves_others_short(contract):
    for kind in KINDS:
        met = set(token_matrix.published(contract)[kind.name].values())
        assert kind.keeps_word is False or not met & {"short", "twice"}


def test_subscriptions_owe_nobody_anything():
    met = {
        word for row in token_matrix.published("Subscriptions").values() for word in row.values()
    }

    assert met <= {"works", "fee", "more", "`TransferFailed`", "`ShortTransfer`"}
