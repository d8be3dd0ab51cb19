"""Settings files: each mistake gets one line that names it."""

import json

import pytest

from scripts.deployment.errors import DeploymentError
from scripts.deployment.settings import DEFAULT, FOREVER, Local, load

KNOWN = {f"test:{i}": f"0x{i:040x}" for i in range(10)}


@pytest.fixture
def read(tmp_path):
    """Reads the shipped settings with one piece replaced."""

    def build(old="", new=""):
        path = tmp_path / "programme.toml"
        text = DEFAULT.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load(path, lambda name: KNOWN.get(name, name))

    return build


def test_the_shipped_settings_are_read(read):
    settings = read()

    assert (settings.epoch_months, settings.tiers) == (3, (1_000, 5_000, 20_000))
    assert (settings.programme, settings.welcome) == ("Corner Coffee Club", 0)
    usd, sales, renewals = settings.rules
    assert (usd.asset, usd.renewal) == (b"USD".ljust(32, b"\0"), False)
    assert usd.valid_to == FOREVER
    # The last multiplier holds for the tiers above.
    assert usd.multiplier_bps == (10_000, 12_500, 15_000, *(20_000,) * 5)
    # Where the test money stands is not known before it does.
    assert [(r.asset, r.name, r.renewal) for r in (sales, renewals)] == [
        (None, "tUSD", False),
        (None, "renewals in tUSD", True),
    ]
    assert settings.local == Local(tuple(KNOWN[f"test:{i}"] for i in range(1, 10)), 100_000)
    assert settings.local.base == 100_000 * 10**6


def test_a_token_can_have_a_rule_for_purchases_and_one_for_renewals(read):
    token = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
    terms = "points = 1\nper = 9\ncap = 1\n"
    first = f'asset = "{token}"\n{terms}[[rule]]\nasset = "{token.lower()}"\nrenewal = true\n'

    rules = read('asset = "USD"\n', first).rules

    key = bytes.fromhex(token[2:]).rjust(32, b"\0")
    assert [(r.asset, r.renewal) for r in rules[:2]] == [(key, False), (key, True)]


def test_the_example_of_a_notice_speaks_of_the_shipped_purposes(read):
    settings = read()
    notice = json.loads(DEFAULT.with_name("notice.json").read_text(encoding="utf-8"))

    told = [(notice["group"], each["lane"], each["iri"]) for each in notice["purposes"]]
    assert told == [(p.group, p.lane, p.iri) for p in settings.purposes]
    assert notice["service"] == settings.programme


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("epoch_months = 3", "epoch_months = 5", "points.epoch_months must be 1, 2, 3, 4, 6 or 12"),
        ("epoch_months = 3", 'epoch_months = "3"', "points.epoch_months must be a whole number"),
        ("[1_000, 5_000, 20_000]", "[5_000, 1_000]", "points.tiers must be at most seven growing"),
        ("[1_000, 5_000, 20_000]", "[1, 2, 3, 4, 5, 6, 7, 8]", "points.tiers must be at most"),
        ("issuer = 1_000_000", "issuer = -1", "caps.issuer must be a whole number, 0 to 2**64 - 1"),
        ("open_enrolment = false", "open_enrolment = 0", "must be true or false; met 0"),
        ("guardian = ", "gaurdian = ", "roles.gaurdian is no setting"),
        ("[caps]", "[limits]", "limits is no setting"),
        ('operator = ["test:1"]', 'operator = "test:1"', "roles.operator must be a list"),
        ('asset = "USD"', 'asset = "usd"', "rule 1.asset must be a currency such as USD"),
        ("per = 100\n", "per = 0\n", "rule 1.per must be a whole number, 1 to 2**96 - 1; met 0"),
        ("multiplier_bps = [10_000,", "multiplier_bps = [0,", "rule 1.multiplier_bps holds 0"),
        ("return_window = 0", "return_windw = 0", "rule 1.return_windw is no setting"),
        ("[admin]", "[admin", "is not TOML"),
        ('programme = "', 'program = "', "onboarding.programme must be the programme's name"),
        ('programme = "', 'programme = "\\n', "onboarding.programme must be the programme's name"),
        ('"Corner Coffee Club"', f'"{"x" * 65}"', "must have at most 64 characters; met 65"),
        ("welcome = 0", "welcome = -1", "onboarding.welcome must be a whole number"),
        ("lane = 6", "lane = 7", "purpose 7.lane must be a whole number, 0 to 6; met 7"),
        ("lane = 6", "lane = 5", "two purposes for group 0, lane 5; keep one"),
        ("group = 0", "group = 2", "purposes stand in groups [0, 2]; number groups from 0"),
        ("max_age_days = 730", "max_age_days = 3_651", "must be a whole number, 1 to 3,650"),
        ("max_age_days = 730\n", "", "purpose 1.max_age_days must be a whole number, 1 to"),
        ("https://w3id.org/dpv#Marketing", "Marketing", "purpose 5.iri must be an absolute IRI"),
        ("opt_out = true", "opt_out = 1", "purpose 7.opt_out must be true or false; met 1"),
        ('title = "Offers by e-mail"', 'title = ""', "purpose 1.title must be a few words"),
        ("[[purpose]]", "[[purposes]]", "purposes is no setting"),
        ('asset = "USD"', 'asset = "USD"\nrenewal = true', "rule 1.renewal needs a token"),
        ("\nrenewal = true", "\nrenewal = 1", "rule 3.renewal must be true or false; met 1"),
        ("\nrenewal = true", "", "two rules for tUSD; keep one"),
        ("holding = 100_000", "holding = 0", "local.holding must be a whole number, 1 to"),
        ('holders = ["test:1",', "holders = [1,", "local.holders must be a list of accounts"),
        ("holding =", "hoarding = 1\nholding =", "local.hoarding is no setting"),
    ],
)
def test_a_mistake_is_named_in_one_line(read, old, new, told):
    with pytest.raises(DeploymentError) as caught:
        read(old, new)

    assert told in caught.value.message
    assert "\n" not in caught.value.message


def test_a_wrong_checksum_is_refused_and_the_right_one_shown(read):
    wrong = "0xf39fd6e51aad88F6F4ce6aB8827279cffFb92266"

    with pytest.raises(DeploymentError, match="0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 would"):
        read("campaign = []", f'campaign = ["{wrong}"]')


def test_two_rules_for_one_asset_are_refused(read):
    rule = DEFAULT.read_text(encoding="utf-8").split("[[rule]]")[1]

    with pytest.raises(DeploymentError, match="two rules for USD; keep one"):
        read("[[rule]]" + rule, ("[[rule]]" + rule) * 2)


def test_a_rule_for_test_money_is_refused_where_there_is_none(read):
    shipped = DEFAULT.read_text(encoding="utf-8")
    local = "[local]" + shipped.partition("[local]")[2].partition("# What a purchase")[0]

    with pytest.raises(
        DeploymentError, match=r"rule 2.asset is tUSD, which only a \[local\] table"
    ):
        read(local)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DeploymentError, match=r"cannot read the settings .*nowhere.toml"):
        load(tmp_path / "nowhere.toml", lambda name: name)
