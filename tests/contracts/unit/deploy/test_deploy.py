"""Deploying the suite: complete, once, whatever is killed on the way."""

import json
from dataclasses import replace

import pytest
from ape import accounts, project
from eth_abi import encode
from eth_utils import keccak, to_checksum_address

from scripts.deployment.book import AddressBook
from scripts.deployment.connection import deployer_account, genesis_of, resolver
from scripts.deployment.errors import DeploymentError
from scripts.deployment.handover import accept
from scripts.deployment.plan import Deployment
from scripts.deployment.settings import ROLES
from scripts.deployment.steps import role_id
from scripts.deployment.suite import ADMINISTERED, CONTRACTS, TEST_MONEY
from scripts.deployment.table import acceptances, as_json, holdings
from scripts.deployment.verification import Expected, Verdict, same_but_immutables, verify
from tests.contracts.unit.conftest import NOBODY, USD
from tests.contracts.unit.deploy.conftest import FINAL, few


def test_deploy_puts_the_contracts_on_the_chain_and_proves_their_code(deployed):
    made, outcome = deployed

    assert outcome.deployed == [*CONTRACTS, TEST_MONEY]
    assert len(outcome.steps) == len(set(outcome.steps)) == 48
    assert set(outcome.verdicts.values()) == {Verdict.EXACT}
    assert (outcome.differing, outcome.remaining) == ([], [])
    assert made.contract("LoyaltyPoints").REGISTRY() == made.book.address("CustomerRegistry")
    assert made.contract("EarnRules").POINTS() == made.book.address("LoyaltyPoints")
    ledgers = [made.book.address(name) for name in ("LoyaltyPoints", "ConsentRegistry")]
    assert made.contract("CustomerRegistry").ledgers() == ledgers
    assert made.contract("ConsentRegistry").REGISTRY() == made.book.address("CustomerRegistry")
    onboarding = made.contract("Onboarding")
    assert onboarding.REGISTRY() == made.book.address("CustomerRegistry")
    assert onboarding.CONSENTS() == made.book.address("ConsentRegistry")
    assert onboarding.POINTS() == made.book.address("LoyaltyPoints")
    assert onboarding.programme() == "Corner Coffee Club"
    for name in ("Payments", "Subscriptions"):
        assert made.contract(name).RULES() == made.book.address("EarnRules")
    assert made.contract("SLAEscrow").REGISTRY() == made.book.address("CustomerRegistry")


def test_an_admin_is_sought_on_the_contracts_that_have_one():
    def administered(name):
        return any(e.name == "defaultAdmin" for e in getattr(project, name).contract_type.abi[1:])

    assert {name for name in CONTRACTS if administered(name)} == set(ADMINISTERED)


def test_deploy_grants_every_role_of_the_settings(deployed, settings):
    made, _ = deployed

    for key, holders in settings.roles.items():
        role = ROLES[key]
        for holder in holders:
            assert made.contract(role.contract).hasRole(role_id(role.name), holder), key
    points, earn = made.contract("LoyaltyPoints"), made.book.address("EarnRules")
    onboarding = made.book.address("Onboarding")
    assert points.issuerCap(earn).pointsPerDay == settings.earn_rules_cap
    assert points.issuerCap(settings.roles["issuer"][0]).pointsPerDay == settings.issuer_cap
    assert points.issuerCap(onboarding).pointsPerDay == settings.onboarding_cap
    assert set(points.issuers()) == {earn, onboarding, *settings.roles["issuer"]}
    assert points.tiers() == list(settings.tiers)


def test_deploy_lets_the_onboarding_contract_alone_enrol(stage, deployed):
    made, _ = deployed
    topics = [keccak(text="RoleGranted(bytes32,address,address)"), role_id("ENROLLER")]
    wanted = {"fromBlock": "0x0", "topics": ["0x" + topic.hex() for topic in topics]}

    for name in ("CustomerRegistry", "ConsentRegistry"):
        logs = stage.request("eth_getLogs", wanted | {"address": made.book.address(name)})
        holders = [to_checksum_address(log["topics"][2][-40:]) for log in logs]
        assert holders == [made.book.address("Onboarding")]


def test_deploy_lets_the_sales_contracts_record_what_they_sell(deployed):
    made, _ = deployed
    earn = made.contract("EarnRules")

    for name in ("Payments", "Subscriptions"):
        assert earn.hasRole(role_id("RECORDER"), made.book.address(name))


def test_deploy_defines_the_purposes_and_keeps_no_right_to_define_others(
    deployed, settings, deployer
):
    made, _ = deployed
    consents = made.contract("ConsentRegistry")

    assert [p.lane for p in settings.purposes] == list(range(7))
    for purpose in settings.purposes:
        met = consents.purpose(purpose.group, purpose.lane)
        assert tuple(met) == (keccak(text=purpose.iri), purpose.max_age_days, purpose.opt_out)
    assert [p.lane for p in settings.purposes if p.opt_out] == [6]
    assert consents.currentNotice(0) == (0, 0)  # published by the command, once it is written
    assert not consents.hasRole(role_id("PUBLISHER"), deployer)


def test_deploy_sets_the_rules_and_keeps_no_right_to_set_others(stage, deployed, deployer):
    made, _ = deployed
    earn = made.contract("EarnRules")

    token = bytes.fromhex(made.book.address(TEST_MONEY)[2:]).rjust(32, b"\0")
    keys = (USD, token, keccak(encode(["string", "bytes32"], ["rapport renewal", token])))
    found = [stage.answer(stage.knows(earn).purchaseRule, key, by=deployer) for key in keys]

    terms = [(rule[0], rule[1], version) for rule, version in found]
    assert terms == [(1, 100, 1), (1, 10**6, 1), (2, 10**6, 1)]
    assert not earn.hasRole(role_id("RULES"), deployer)
    assert holdings(made) == [f"DEFAULT_ADMIN of {name}" for name in ADMINISTERED]


def test_deploy_prints_test_money_for_its_holders(deployed, settings):
    made, _ = deployed
    token = made.contract(TEST_MONEY)

    assert (token.name(), token.symbol(), token.decimals()) == ("Test Dollar", "tUSD", 6)
    assert len(settings.local.holders) == 9
    for holder in settings.local.holders:
        assert token.balanceOf(holder) == 100_000 * 10**6


def test_deploy_without_a_local_table_brings_no_test_money(deployment, settings):
    real = replace(few(settings), local=None, rules=settings.rules[:1])

    made = deployment(settings=real)
    outcome = made.run()

    assert outcome.deployed == list(CONTRACTS)
    assert TEST_MONEY not in made.book.contracts
    assert [step for step in outcome.steps if "tUSD" in step] == []


def test_deploy_refuses_test_money_on_a_live_chain(
    provider, deployer, settings, book_path, monkeypatch
):
    book = AddressBook.read(book_path, 31337, genesis_of(provider))
    monkeypatch.setattr("scripts.deployment.plan.is_local", lambda provider: False)

    with pytest.raises(
        DeploymentError, match=r"\[local\] is money that anyone may print"
    ) as caught:
        Deployment(project, provider, deployer, settings, book)

    assert "\n" not in caught.value.message


def test_deploy_writes_the_book_that_the_sdk_reads(deployed, book_path):
    made, _ = deployed

    record = json.loads(book_path.read_text())

    assert record["chainId"] == 31337
    assert record["begun"] is None
    for name in CONTRACTS:
        entry = record["contracts"][name]
        packaged = json.loads((project.path / "sdk/rapport/abi" / f"{name}.json").read_text())
        assert entry["address"] == made.contract(name).address
        assert entry["block"] > 0
        assert entry["creationCodeHash"] == packaged["creationCodeHash"]


def test_deploy_again_sends_nothing(deployed, deployment, provider, deployer, book_path):
    before, nonce = book_path.read_text(), provider.get_nonce(deployer.address)

    outcome = deployment().run()

    assert (outcome.deployed, outcome.steps, outcome.gas) == ([], [], 0)
    assert provider.get_nonce(deployer.address) == nonce
    assert book_path.read_text() == before


class Killed(BaseException):
    """Stands in for the end of the process."""


def test_deploy_that_is_killed_after_every_step_ends_like_one_that_was_not(
    provider, deployer, deployment, settings
):
    survived: list[tuple[str, str]] = []

    def kill_at_what_is_new(moment, title):
        if (moment, title) not in survived:
            survived.append((moment, title))
            raise Killed

    first = provider.get_nonce(deployer.address)
    finished = None
    while finished is None:
        run = deployment(settings=few(settings), observe=kill_at_what_is_new)
        deaths = len(survived)
        try:
            outcome = run.run()
            finished = run
        except Killed:
            assert len(survived) == deaths + 1

    # Each creation was killed before it was sent, after, and after it was noted; or adopted.
    creations = finished.contracts
    for name in creations:
        assert {("begun", name), ("sent", name)} <= set(survived)
    assert {("sent", rule.name) for rule in settings.rules} <= set(survived)
    assert set(outcome.verdicts.values()) == {Verdict.EXACT}
    assert (outcome.differing, outcome.remaining) == ([], [])
    assert holdings(finished) == [f"DEFAULT_ADMIN of {name}" for name in ADMINISTERED]
    # Every transaction was sent once: the creations and the steps, the rules' among them.
    steps = {title for moment, title in survived if moment == "done"} - set(creations)
    steps |= {f"set the rule for {rule.name}" for rule in settings.rules}
    assert provider.get_nonce(deployer.address) - first == len(creations) + len(steps)
    assert len(steps) == 20


@pytest.fixture
def forgotten(deployed, book_path, provider):
    """A creation that was mined and not noted: ``forgotten(block)`` searches from there on."""
    record = json.loads(book_path.read_text())
    entry = record["contracts"].pop("Subscriptions")
    block = provider.make_request("eth_getBlockByNumber", [hex(entry["block"]), True])
    (creation,) = block["transactions"]
    record["begun"] = {
        "contract": "Subscriptions",
        "address": entry["address"],
        "sender": deployed[0].deployer.address,
        "nonce": int(creation["nonce"], 16),
    }

    def forget(block):
        record["begun"]["block"] = block
        book_path.write_text(json.dumps(record))
        return entry

    return forget, entry["block"]


def test_deploy_notes_of_a_forgotten_creation_what_it_would_have_noted(forgotten, deployment):
    forget, block = forgotten
    entry = forget(block - 5)

    finished = deployment()
    finished.run()

    assert finished.book.contracts["Subscriptions"] == entry


def test_deploy_says_that_it_finds_no_creation_where_one_should_be(forgotten, deployment):
    forget, block = forgotten
    forget(block + 1)

    with pytest.raises(DeploymentError, match=rf"no block from {block + 1} on has its creation"):
        deployment().run()


def test_deploy_begins_the_transfer_to_the_final_admin(handing_over, deployment, deployer):
    final = accounts.test_accounts[9].address

    for name in ADMINISTERED:
        assert handing_over.contract(name).pendingDefaultAdmin().newAdmin == final
        assert handing_over.contract(name).defaultAdmin() == deployer.address
    lines = acceptances(handing_over)
    assert len(lines) == len(ADMINISTERED)
    assert all(line.startswith(f"{final} calls acceptDefaultAdminTransfer()") for line in lines)
    again = deployment(settings=handing_over.settings).run()
    assert again.steps == []


def test_the_new_admin_accepts_every_contract_once_its_time_has_come(stage, handing_over, account):
    final, other = (account(accounts.test_accounts[i]) for i in (9, 8))
    contracts = [(name, handing_over.contract(name)) for name in ADMINISTERED]
    last = max(c.pendingDefaultAdmin().schedule for _, c in contracts)

    assert accept(contracts, other, last + 1) == (
        [],
        [f"{name} goes to {final.address}, who has to accept it" for name in ADMINISTERED],
    )
    accepted, waiting = accept(contracts, final, stage.now)
    assert (accepted, len(waiting)) == ([], len(ADMINISTERED))
    assert "Onboarding can be accepted after 20" in waiting[-1]
    stage.reach(last + 1)
    assert accept(contracts, final, stage.now) == (list(ADMINISTERED), [])

    assert {contract.defaultAdmin() for _, contract in contracts} == {final.address}
    assert accept(contracts, final, stage.now) == ([], [])


def test_deploy_says_what_remains_once_another_is_admin(
    stage, handing_over, settings_with, deployment, account
):
    final = account(accounts.test_accounts[9])
    contracts = [handing_over.contract(name) for name in ADMINISTERED]
    stage.reach(max(c.pendingDefaultAdmin().schedule for c in contracts) + 1)
    for contract in contracts:
        stage.send(stage.knows(contract).acceptDefaultAdminTransfer, by=final)
    more = settings_with(FINAL, ("campaign = []", 'campaign = ["test:8"]'))

    later = deployment(settings=few(more))
    outcome = later.run()

    campaign = accounts.test_accounts[8].address
    assert outcome.steps == []
    assert outcome.remaining == [
        f"grant CAMPAIGN of LoyaltyPoints to {campaign}, by {final.address} on LoyaltyPoints"
    ]
    assert holdings(later) == []


def test_deploy_never_changes_what_stands_and_says_where_it_differs(
    deployed, deployment, settings_with
):
    other = settings_with(
        ("tiers = [1_000, 5_000, 20_000]", "tiers = [7]"),
        ("issuer = 1_000_000", "issuer = 5"),
        ("points = 1\nper = 100\n", "points = 2\nper = 100\n"),
        ("points = 2\nper = 1_000_000\n", "points = 3\nper = 1_000_000\n"),
        ("welcome = 0", "welcome = 50"),
        ("max_age_days = 395", "max_age_days = 30"),
    )

    outcome = deployment(settings=other).run()

    assert outcome.steps == ["set the welcome award to 50 points"]
    backend = accounts.test_accounts[1].address
    assert outcome.differing == [
        "tiers are [1000, 5000, 20000], the settings say [7]",
        f"the cap of issuer {backend} is 1,000,000, the settings say 5",
        "the rule for USD (version 1) is not the settings' one",
        "the rule for renewals in tUSD (version 1) is not the settings' one",
        "purpose 0.5 means something else on the chain, for good; "
        "define 'Statistics of use' on another lane",
    ]


def test_deploy_does_not_set_a_rule_again_that_was_ended(stage, deployed, deployment, settings):
    made, _ = deployed
    rules = accounts.test_accounts[5]
    stage.send(made.contract("EarnRules").endPurchaseRule, USD, by=rules)

    outcome = deployment(settings=few(settings)).run()

    assert outcome.steps == []
    assert outcome.differing == ["no rule for USD is in force; its last one was ended"]


def test_deploy_sets_the_welcome_award_once_though_it_was_killed_before_it_was_noted(
    stage, deployed, deployment, deployer, settings_with
):
    made, _ = deployed
    onboarding = made.contract("Onboarding")
    settings = few(settings_with(("welcome = 0", "welcome = 50")))

    def kill(moment, title):
        if (moment, title) == ("sent", "welcome"):
            raise Killed

    with pytest.raises(Killed):
        deployment(settings=settings, observe=kill).run()
    assert onboarding.welcome() == 50
    assert deployment(settings=settings).run().steps == []

    # The admin ends it; the next run leaves it ended.
    stage.send(onboarding.setWelcome, 0, by=deployer)
    outcome = deployment(settings=settings).run()
    assert outcome.steps == []
    assert outcome.differing == ["the welcome award is 0 points, the settings say 50"]


def test_deploy_defines_a_purpose_that_was_added_later(deployed, deployment, settings_with):
    made, _ = deployed
    more = (
        'title = "Sale or sharing of data"\n'
        '[[purpose]]\ngroup = 1\nlane = 0\niri = "https://w3id.org/dpv#Marketing"\n'
        'max_age_days = 30\ntitle = "Surveys"\n'
    )
    settings = settings_with(('title = "Sale or sharing of data"\n', more))

    outcome = deployment(settings=settings).run()

    assert outcome.steps == [
        "grant PUBLISHER of ConsentRegistry to the deployer, for the first purposes only",
        "define purpose 1.0: Surveys",
        "renounce the deployer's PUBLISHER of ConsentRegistry",
    ]
    assert made.contract("ConsentRegistry").purpose(1, 0).maxAgeDays == 30


def test_deploy_refuses_another_programme_name_for_what_stands(deployed, deployment, settings_with):
    other = settings_with(('programme = "Corner Coffee Club"', 'programme = "Corner Tea Club"'))

    with pytest.raises(DeploymentError, match=r"other fixed settings .*programme"):
        deployment(settings=other).run()


def test_deploy_refuses_settings_that_what_stands_cannot_follow(
    deployed, deployment, settings_with
):
    other = settings_with(("epoch_months = 3", "epoch_months = 1"))

    with pytest.raises(DeploymentError, match="other fixed settings") as caught:
        deployment(settings=other).run()

    assert "\n" not in caught.value.message


def test_deploy_refuses_an_address_book_that_points_to_other_code(deployed, deployment, book_path):
    record = json.loads(book_path.read_text())
    record["contracts"]["EarnRules"]["address"] = record["contracts"]["CustomerRegistry"]["address"]
    book_path.write_text(json.dumps(record))

    with pytest.raises(DeploymentError, match=r"names EarnRules at \w+, where other code stands"):
        deployment().run()


def test_deploy_refuses_an_address_book_that_points_to_nothing(deployed, deployment, book_path):
    record = json.loads(book_path.read_text())
    record["contracts"]["EarnRules"]["address"] = "0x000000000000000000000000000000000000dEaD"
    book_path.write_text(json.dumps(record))

    with pytest.raises(DeploymentError, match="where no code stands on chain 31337"):
        deployment().run()


def test_book_of_another_chain_is_refused(book_path, provider):
    book_path.write_text(json.dumps({"chainId": 10, "contracts": {}}))

    with pytest.raises(DeploymentError, match="address book of chain 10, connected is chain 31337"):
        AddressBook.read(book_path, 31337, genesis_of(provider))


def test_book_that_is_no_book_is_refused(book_path, provider):
    book_path.write_text('{"chainId": 31337}')

    with pytest.raises(DeploymentError, match="is not an address book"):
        AddressBook.read(book_path, 31337, genesis_of(provider))


def test_book_of_a_local_chain_that_was_restarted_is_known(deployed, provider, book_path):
    same = genesis_of(provider)
    other = "0x" + "11" * 32
    book = AddressBook.read(book_path, 31337, same)
    assert book.reset_on(provider, same, local=True) is False
    assert book.reset_on(provider, other, local=True) is True

    with pytest.raises(DeploymentError, match="written on a chain whose first block is"):
        book.reset_on(provider, other, local=False)

    # The same first block, but an empty chain: anvil with a fixed timestamp.
    book.contracts["EarnRules"]["address"] = "0x000000000000000000000000000000000000dEaD"
    assert book.reset_on(provider, same, local=True) is True
    book.start_anew(same)
    assert book.contracts == {}
    assert book_path.with_suffix(".old.json").exists()


def test_verification_sees_one_changed_byte(stage, deployed, provider):
    made, _ = deployed
    address = made.book.address("LoyaltyPoints")
    code = bytearray(provider.get_code(address))
    code[len(code) // 2] ^= 1
    stage.request("anvil_setCode", address, "0x" + bytes(code).hex())

    assert verify(provider, address, made.expected("LoyaltyPoints")) is Verdict.OTHER


def test_verification_sees_another_compiler_metadata(stage, deployed, provider):
    made, _ = deployed
    address = made.book.address("EarnRules")
    code = bytearray(provider.get_code(address))
    code[-10] ^= 1  # within the hash of the metadata
    stage.request("anvil_setCode", address, "0x" + bytes(code).hex())

    assert verify(provider, address, made.expected("EarnRules")) is Verdict.OTHER


def test_verification_sees_another_registry_behind_the_points(deployed, provider):
    made, _ = deployed
    address = made.book.address("LoyaltyPoints")
    right = made.expected("LoyaltyPoints")
    wrong = Expected(
        right.creation[:-64] + bytes(31) + b"\x01" + right.creation[-32:], right.runtime
    )

    assert verify(provider, address, right) is Verdict.EXACT
    assert verify(provider, address, wrong) is Verdict.OTHER


def test_verification_without_overrides_falls_back_to_all_but_immutables(deployed, provider):
    made, _ = deployed
    deployed_code = bytes(provider.get_code(made.book.address("LoyaltyPoints")))
    compiled = made.runtime("LoyaltyPoints")
    damaged = bytearray(deployed_code)
    damaged[100] ^= 1

    assert deployed_code != compiled
    assert same_but_immutables(deployed_code, compiled) is True
    assert same_but_immutables(bytes(damaged), compiled) is False
    assert same_but_immutables(deployed_code[:-1], compiled) is False


def test_report_for_machines_holds_what_the_tables_show(deployed):
    made, outcome = deployed

    report = as_json(made, outcome)

    assert report["chainId"] == 31337
    assert {name: c["code"] for name, c in report["contracts"].items()} == dict.fromkeys(
        [*CONTRACTS, TEST_MONEY], "exact"
    )
    assert report["gas"] == outcome.gas > 15_000_000
    assert json.loads(json.dumps(report)) == report


def test_a_live_chain_needs_a_named_account_and_no_test_keys():
    with pytest.raises(DeploymentError, match="no account is named for chain 10"):
        deployer_account(accounts, None, local=False, chain_id=10)
    with pytest.raises(DeploymentError, match="published test key"):
        deployer_account(accounts, "test:0", local=False, chain_id=10)
    with pytest.raises(DeploymentError, match="published test key"):
        resolver(accounts, False, 10)("test:1")
    with pytest.raises(DeploymentError, match="Ape knows no account 'nobody'"):
        deployer_account(accounts, "nobody", local=False, chain_id=10)


def test_a_live_chain_refuses_test_keys_by_address_too():
    resolve = resolver(accounts, False, 10)

    with pytest.raises(DeploymentError, match="published test key"):
        resolve(accounts.test_accounts[1].address)
    assert resolve(NOBODY[:-4] + "dEaD") == NOBODY[:-4] + "dEaD"
