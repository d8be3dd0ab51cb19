"""The connected chain and the accounts on it, as a deployment needs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any

from eth_utils import is_address, to_checksum_address

from scripts.deployment.errors import DeploymentError

if TYPE_CHECKING:
    from scripts.deployment.plan import Deployment

TEST_CHAINS = frozenset({1337, 31337})
TEST_ACCOUNT = re.compile(r"test:(\d+)")
TEST_ACCOUNTS = 10  # that local chains fund, as ape-config.yaml has it
SETTING_GAS = 100_000  # upper bound of one grant or setting


def is_local(provider: Any) -> bool:
    """
    Whether this is a development chain, by its id: a network called local may lead anywhere.

    Only there are published keys accepted, and only there is an address book begun anew.
    """
    return bool(provider.network.is_dev) and provider.chain_id in TEST_CHAINS


def genesis_of(provider: Any) -> str:
    """The hash of the chain's first block, which tells one local chain from another."""
    block = provider.make_request("eth_getBlockByNumber", ["0x0", False])
    return str(block["hash"])


def deployer_account(accounts: Any, alias: str | None, local: bool, chain_id: int) -> Any:
    """
    The account that pays: ``alias``, or the first test account on a local chain.

    Raises:
        DeploymentError: None was named on a live chain, or Ape does not know it.
    """
    if alias is None:
        if not local:
            raise DeploymentError(
                f"no account is named for chain {chain_id}: pass --account ALIAS "
                "(`ape accounts list` shows them, `ape accounts import` adds one)"
            )
        return accounts.test_accounts[0]
    if TEST_ACCOUNT.fullmatch(alias):
        if not local:
            raise DeploymentError(f"{alias} is a published test key; name another on {chain_id}")
        return _test_account(accounts, alias)
    if alias not in accounts.aliases:
        raise DeploymentError(
            f"Ape knows no account {alias!r}: `ape accounts list` shows them, "
            "`ape accounts import` adds one"
        )
    account = accounts.load(alias)
    # Asks for the passphrase once, or takes APE_ACCOUNTS_<alias>_PASSPHRASE.
    account.set_autosign(True)
    return account


def resolver(accounts: Any, local: bool, chain_id: int) -> Callable[[str], str]:
    """Turns an address, an Ape alias or `test:N` of the settings into an address."""

    def resolve(name: str) -> str:
        if TEST_ACCOUNT.fullmatch(name):
            if not local:
                raise DeploymentError(
                    f"the settings name {name}, a published test key that anybody can use; on "
                    f"chain {chain_id} name accounts of your own with --settings"
                )
            return str(_test_account(accounts, name).address)
        if is_address(name):
            address = str(to_checksum_address(name))
            known = [accounts.test_accounts[i].address for i in range(TEST_ACCOUNTS)]
            if not local and address in known:
                raise DeploymentError(
                    f"the settings name {address}, a published test key that anybody can use; on "
                    f"chain {chain_id} name accounts of your own"
                )
            return address
        if name in accounts.aliases:
            return str(accounts.load(name).address)
        raise DeploymentError(
            f"the settings name {name!r}, which is no address, no Ape account and not test:N"
        )

    return resolve


def _test_account(accounts: Any, name: str) -> Any:
    number = int(name.removeprefix("test:"))
    if number >= TEST_ACCOUNTS:
        raise DeploymentError(f"{name} is not funded; local chains fund test:0 to test:9")
    return accounts.test_accounts[number]


def funds(deployment: Deployment) -> None:
    """
    Looks whether the deployer can pay for all that may be sent.

    Raises:
        DeploymentError: It cannot; says what it has and about how much it needs.
    """
    provider, book = deployment.provider, deployment.book
    settings = deployment.settings
    steps = 20 + len(settings.purposes) + sum(len(holders) for holders in settings.roles.values())
    gas = SETTING_GAS * steps
    for name in deployment.contracts:
        if book.address(name) is None:
            # 200 gas a byte that stays, 16 a byte that is sent, and the constructor's writes.
            gas += (
                200 * len(deployment.runtime(name)) + 16 * len(deployment.creation(name)) + 500_000
            )
    price = int(provider.make_request("eth_gasPrice", []), 16)
    need = gas * price
    has = provider.get_balance(deployment.deployer.address)
    complete = all(book.address(name) for name in deployment.contracts)
    if has < need and not complete:
        raise DeploymentError(
            f"{deployment.deployer.address} has {_coins(has)} on chain {book.chain_id}, and about "
            f"{_coins(need)} is needed for gas at the present price: fund it, then run again"
        )


def _coins(wei: int) -> str:
    """Whole native coins, to six digits: ``_coins(15 * 10**17) == "1.5 of the native coin"``."""
    coins = (Decimal(wei) / 10**18).quantize(Decimal("0.000001"), ROUND_UP)
    return f"{coins.normalize():f} of the native coin"
