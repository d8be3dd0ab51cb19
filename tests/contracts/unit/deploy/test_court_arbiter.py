"""`ape run court_arbiter` makes the arbiter that it is asked for, or says what is wrong."""

import json
from pathlib import Path

import pytest
from ape import project

from scripts import court_arbiter
from scripts.deployment.errors import DeploymentError

SHARES = ("50", "0", "12.5", "100")


@pytest.fixture
def court(deployed):
    """Any contract: a court is not asked who it is."""
    return deployed[0].book.address("CustomerRegistry")


@pytest.fixture
def make(deployed, book_path, court, capsys):
    """The command, past its options: what it prints as JSON."""

    def build(**changes):
        terms = {
            "account": None,
            "court": court,
            "shares": SHARES,
            "days": 7,
            "meta_evidence": "ipfs://bafy/meta.json",
            "extra_data": "0x0102",
            "addresses": book_path,
            "yes": False,
            "machine": True,
        }
        capsys.readouterr()
        court_arbiter.cli.callback(**{**terms, **changes})
        return json.loads(capsys.readouterr().out)

    return build


def test_the_arbiter_is_of_the_books_escrow_and_of_the_terms_that_were_given(
    stage, make, deployed, court, book_path
):
    kept = book_path.read_text(encoding="utf-8")

    told = make()

    made = stage.knows(project.CourtArbiter.at(told["arbiter"]))
    assert told == {"chain_id": 31337, "arbiter": made.address, "court": court}
    assert (made.ESCROW(), made.COURT()) == (deployed[0].book.address("SLAEscrow"), court)
    assert list(made.shares()) == [5_000, 0, 1_250, 10_000]
    assert (made.ROUND(), bytes(made.extraData())) == (7 * 86_400, b"\x01\x02")
    assert book_path.read_text(encoding="utf-8") == kept


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({"court": "0x" + "12" * 20}, "no court stands at"),
        ({"court": "the court"}, "no court stands at the court"),
        ({"shares": ("50", "0", "100.001")}, "met '100.001'"),
        ({"shares": ("50", "0", "33.333")}, "met '33.333'"),
        ({"shares": ("50", "all", "100")}, "met 'all'"),
        ({"shares": ("50", "NaN", "100")}, "met 'NaN'"),
        ({"extra_data": "0xcourt"}, "met '0xcourt'"),
    ],
)
def test_terms_that_cannot_be_are_refused_before_anything_is_sent(make, deployer, changes, met):
    nonce = deployer.nonce

    with pytest.raises(DeploymentError, match=met):
        make(**changes)

    assert deployer.nonce == nonce


def test_a_book_without_the_escrow_is_told(make, tmp_path):
    empty = Path(tmp_path / "none.json")

    with pytest.raises(DeploymentError, match="names no SLAEscrow on chain 31337"):
        make(addresses=empty)
