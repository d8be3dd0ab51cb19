"""The mapping says what is promised for a ticket, or one line about what is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rapport.desk import Desk, Malformed, mapping
from rapport.desk.delivery import Update
from rapport.errors import ConfigError
from rapport.sla import Priority
from tests.sdk.desk.posting import KINDS, START

HEAD = 'desk = "zendesk"\nsecret_env = "S"\npolicy = 1\namount = "200"\n'


def read(folder: Path, table: str, name: str = "support", **environ: str) -> Desk:
    path = folder / "desks.toml"
    path.write_text(f"[{name}]\n{table}")
    return mapping.read(path, {"S": "secret", **environ})[name]


def update(**ticket: Any) -> Update:
    return Update("d", "1", START, content=ticket)


def test_the_first_rule_that_fits_promises(tmp_path: Path) -> None:
    desk = read(
        tmp_path,
        HEAD
        + '[[support.rules]]\nfield = "tags"\nis = "gold"\npolicy = 2\namount = "500"\n'
        + '[[support.rules]]\nfield = "group.id"\nis = 7\npolicy = 3\namount = "9.50"\n',
    )
    assert desk.promised(update()) == mapping.Promise(1, Decimal(200))
    assert desk.promised(update(tags=["new", "gold"])) == mapping.Promise(2, Decimal(500))
    assert desk.promised(update(group={"id": 7})) == mapping.Promise(3, Decimal("9.50"))
    assert desk.promised(update(tags="gold", group={"id": 7})) == mapping.Promise(2, Decimal(500))


def test_without_a_policy_of_its_own_only_rules_promise(tmp_path: Path) -> None:
    rule = '[[support.rules]]\nfield = "tags"\nis = "gold"\npolicy = 2\namount = "5"\n'
    desk = read(tmp_path, f'desk = "zammad"\nsecret_env = "S"\n{rule}')
    assert desk.promised(update()) is None
    assert desk.promised(update(tags=["gold"])) == mapping.Promise(2, Decimal(5))


def test_the_ticket_can_say_what_the_service_is_worth(tmp_path: Path) -> None:
    desk = read(tmp_path, HEAD + 'amount_field = "custom.worth"\n')
    for said in ("19.90", Decimal("19.90")):
        assert desk.promised(update(custom={"worth": said})) == mapping.Promise(1, Decimal("19.90"))
    assert desk.promised(update(custom={"worth": ""})) == mapping.Promise(1, Decimal(200))
    for wrong in ("much", "-1", True, ["1"], "NaN"):
        with pytest.raises(Malformed, match=r"the ticket's custom\.worth"):
            desk.promised(update(custom={"worth": wrong}))


def test_the_customer_s_number_is_the_desk_s_with_a_prefix(tmp_path: Path) -> None:
    desk = read(tmp_path, HEAD + 'customer = "requester.external_id"\ncustomer_prefix = "C-"\n')
    assert desk.number(update(requester={"external_id": 17})) == "C-17"
    assert desk.number(update(requester={"external_id": None})) is None
    assert desk.number(update()) is None
    for wrong in (["17"], {"id": 1}, True, "x" * 400, "a\x00"):
        with pytest.raises(Malformed, match=r"the ticket's requester\.external_id"):
            desk.number(update(requester={"external_id": wrong}))


def test_the_client_s_own_agreement_is_found(tmp_path: Path) -> None:
    desk = read(tmp_path, HEAD + 'agreement = "custom.agreement"\n')
    assert desk.opened(update(custom={"agreement": "0x" + "ab" * 32})) == b"\xab" * 32
    assert desk.opened(update(custom={"agreement": ""})) is None
    with pytest.raises(Malformed, match="must be 32 bytes"):
        desk.opened(update(custom={"agreement": "0xabc"}))


def test_words_are_added_to_the_desk_s_own(tmp_path: Path) -> None:
    desk = read(
        tmp_path,
        HEAD
        + 'priority = "low"\n[support.states]\n"Hold" = "waiting"\n'
        + '[support.priorities]\n"1 critical" = "urgent"\n',
    )
    assert desk.words.states["hold"] == "waiting"
    assert desk.words.states["solved"] == "delivered"
    assert desk.words.priorities == {
        "urgent": Priority.URGENT,
        "high": Priority.HIGH,
        "normal": Priority.NORMAL,
        "low": Priority.LOW,
        "1 critical": Priority.URGENT,
    }
    assert desk.words.priority is Priority.LOW


def test_secrets_come_from_the_environment_or_a_file_one_a_line(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD).secrets == ("secret",)
    (tmp_path / "both").write_text("present\n\n former \n")
    table = HEAD.replace('secret_env = "S"', 'secret_file = "both"')
    desk = read(tmp_path, table)
    assert desk.secrets == ("present", "former")
    assert "former" not in repr(desk)


@pytest.mark.parametrize("kind", KINDS)
def test_every_desk_s_own_words_mean_something(tmp_path: Path, kind: str) -> None:
    desk = read(tmp_path, HEAD.replace("zendesk", kind))
    assert {"running", "waiting", "delivered"} <= {str(each) for each in desk.words.states.values()}


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (HEAD.replace("zendesk", "jira"), "desk is one of zendesk, zammad, chatwoot, webhook"),
        (HEAD.replace('secret_env = "S"', ""), "secret_env or secret_file, one of the two"),
        (HEAD + 'secret_file = "f"\n', "secret_env or secret_file, one of the two"),
        (HEAD.replace('"S"', '"T"'), "the secret is to be in T, which is not set"),
        (HEAD.replace('secret_env = "S"', 'secret_file = "no"'), "no cannot be read"),
        (HEAD.replace("policy = 1", "policy = 0"), "policy is a policy's number, met 0"),
        (HEAD.replace("policy = 1\n", ""), "no policy"),
        (HEAD.replace('"200"', "19.9"), "amount is an amount in quotes"),
        (HEAD.replace('"200"', '"-1"'), "not an amount of zero or more"),
        (HEAD + "secret = 1\n", "there is no field 'secret'"),
        (HEAD + "register = 1\n", "register is true or false"),
        (HEAD + 'tolerance = "soon"\n', "'soon' is not a duration"),
        (HEAD + 'priority = "p1"\n', "'priority' is one of urgent, high, normal, low"),
        (
            HEAD.replace("zendesk", "webhook")
            .replace("secret_env", "secret_file")
            .replace('"S"', '"base64"'),
            "begins with whsec_ goes on in base64",
        ),
        (HEAD + '[support.states]\nx = "open"\n', "'x' is one of running, waiting, delivered"),
        (HEAD + "rules = [1]\n", r"rules are tables"),
        (HEAD + '[[support.rules]]\nfield = "a"\npolicy = 1\n', "a rule has field, is, policy"),
        (HEAD + '[[support.rules]]\nfield = "a"\nis = 1\n', "a rule's policy is a policy's number"),
    ],
)
def test_what_makes_no_sense_is_one_line_with_its_place(
    tmp_path: Path, table: str, reason: str
) -> None:
    (tmp_path / "base64").write_text("whsec_!")
    with pytest.raises(ConfigError, match=rf"desks.toml, \[support\]: .*{reason}"):
        read(tmp_path, table)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read"),
        ("", "names no desk"),
        ("[", "not valid TOML"),
        ('x = "y"', "x stands outside a table"),
        (f'["Big Desk"]\n{HEAD}', "small letters, digits and hyphens"),
    ],
)
def test_a_file_that_is_no_mapping_is_one_line(
    tmp_path: Path, text: str | None, reason: str
) -> None:
    path = tmp_path / "desks.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=reason):
        mapping.read(path, {"S": "secret"})
