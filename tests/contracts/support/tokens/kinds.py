"""The kinds of tokens, by what is odd about them, as `contracts/mocks/OddToken.sol` has them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.contracts.support.artifacts import ROOT

PRICE = 1_000_000
LARGEST = 2**96 - 1


@dataclass(frozen=True)
class Kind:
    """
    One kind of token.

    Args:
        name: As the page has it.
        oddity: The mock's word for it.
        like: Tokens in use that are so.
        amount: What is moved, in smallest units.
        decimals: Of the token.
        loses: What the token itself takes on a path, at most, in smallest units; negative for one
            that gives. Nobody loses more.
        purse: How many times the amount a payer has.
        keeps_word: False for a token whose balances change, or are told wrong, behind everybody's
            back, so that nobody can say what they hold.
    """

    name: str
    oddity: str
    like: str = "–"
    amount: int = PRICE
    decimals: int = 6
    loses: int = 0
    purse: int = 4
    keeps_word: bool = True

    @property
    def number(self) -> int:
        """The oddity as the mock counts it."""
        return ODDITIES.index(self.oddity)


def _oddities() -> list[str]:
    """The names of the mock's enum, in its order."""
    source = (ROOT / "contracts" / "mocks" / "OddToken.sol").read_text(encoding="utf-8")
    body = source.split("enum Oddity {", 1)[1].split("}", 1)[0]
    return [line.split("//")[0].strip().rstrip(",") for line in body.strip().splitlines()]


ODDITIES = _oddities()

HUNDREDTH = PRICE // 100
KINDS = (
    Kind("as ERC-20 demands", "None", "USDC, DAI"),
    Kind("0 decimals", "None", "vouchers", amount=7, decimals=0),
    Kind("2 decimals", "None", "GUSD", amount=1_999, decimals=2),
    Kind("24 decimals", "None", "YAM-V2", amount=10**24, decimals=24),
    Kind("no metadata", "NoMetadata"),
    Kind("answers nothing", "NoReturn", "USDT, BNB"),
    Kind("answers false instead of reverting", "FalseOnFailure", "ZRX, EURS"),
    Kind("moves and answers false", "FalseOnSuccess", "Tether Gold"),
    Kind("moves and answers two", "OddAnswer"),
    Kind("answers true and 100 kB more", "LongReturn"),
    Kind("reverts with 100 kB", "RevertAtLength"),
    Kind("burns all gas", "BurnsGas"),
    Kind("answers true and moves nothing", "Phantom"),
    Kind("answers true and moves half", "MovesHalf"),
    Kind("takes a fee from the recipient", "RecipientFee", "STA, PAXG", loses=HUNDREDTH),
    Kind("takes a fee from the sender", "SenderFee", loses=HUNDREDTH),
    Kind("delivers more than was sent", "Bonus", loses=-HUNDREDTH),
    Kind("loses a unit by rounding", "RoundsDown", "stETH", loses=3),
    Kind("blocks the recipient", "BlocksRecipient", "USDC, USDT"),
    Kind("blocks the sender", "BlocksSender", "USDC, USDT"),
    Kind("is paused", "Paused", "USDC, WBTC"),
    Kind("reverts on zero", "RevertOnZero", "LEND"),
    Kind("refuses more than 96 bits", "Uint96Cap", "UNI, COMP", amount=LARGEST),
    Kind("the largest amount means all", "MaxMeansBalance", "cUSDCv3", amount=LARGEST, purse=1),
    Kind("every balance halves", "Shrinks", "AMPL", keeps_word=False),
    Kind("every balance doubles", "Grows", "AMPL", keeps_word=False),
    Kind("calls whoever moves it", "CallsBack", "imBTC (ERC-777)"),
    Kind("balances are not told", "NoBalance"),
    Kind("balances are told in a byte", "ShortBalance"),
    Kind("every balance is told as the largest", "FullBalance", keeps_word=False),
    Kind("is no contract any more", "Gone"),
)
"""`Gone` is no word of the mock's: its code is taken away."""
