"""A collector driven by blocks, as the Silverback bot drives it."""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from rapport.renewals import Rounds, to_file
from tests.sdk.support.recurring import MONTH, later, started
from tests.sdk.support.suite import ROOT

MINUTE = timedelta(minutes=1)


class Clock:
    """Seconds that a test counts."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_tick_takes_a_turn_and_none_sooner_than_asked(
    new_plan, payer, merchant, suite, collector, tmp_path
):
    found = started(payer, new_plan())
    clock = Clock()
    rounds = Rounds(collector, to_file(tmp_path / "events.jsonl"), MINUTE, clock)
    assert rounds.tick().count("done") == 0
    later(suite, MONTH)
    clock.now = 59
    assert rounds.tick() is None
    clock.now = 60
    assert rounds.tick().count("done") == 1
    assert merchant.subscription.show(found).cycles == 2


def test_ticks_that_come_during_a_turn_are_let_pass():
    inside, go = threading.Event(), threading.Event()

    class Slow:
        turns = 0

        def turn(self):
            self.turns += 1
            inside.set()
            assert go.wait(30)

        def tell(self, write):
            pass

    slow = Slow()
    rounds = Rounds(slow, lambda lines: None, timedelta(0))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(rounds.tick)
        assert inside.wait(30)
        assert rounds.tick() is None
        go.set()
        first.result(30)
    assert slow.turns == 1


def test_a_turn_that_failed_is_taken_again():
    class Failing:
        turns = 0

        def turn(self):
            self.turns += 1
            raise ConnectionError

    failing = Failing()
    rounds = Rounds(failing, lambda lines: None, timedelta(0))
    for _ in range(2):
        with pytest.raises(ConnectionError):
            rounds.tick()
    assert failing.turns == 2


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The bot's module, where decorators of Ape and Silverback do nothing."""

    class Bot:
        def on_(self, trigger):
            assert trigger == "blocks"
            return lambda handler: handler

        def on_shutdown(self):
            return lambda handler: handler

    stand_ins = {
        "ape": SimpleNamespace(chain=SimpleNamespace(blocks="blocks")),
        "silverback": SimpleNamespace(SilverbackBot=Bot),
    }
    for name, module in stand_ins.items():
        monkeypatch.setitem(sys.modules, name, module)  # type: ignore[arg-type]
    path = ROOT / "examples" / "silverback" / "bots" / "renewals.py"
    spec = spec_from_file_location("renewals_bot", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bot_collects_by_the_settings_of_the_command(
    bot, new_plan, payer, merchant, suite, tmp_path: Path, monkeypatch
):
    from eth_account import Account

    good, bad = started(payer, new_plan("1")), started(payer, new_plan("1200", trial=MONTH))
    key = bytes.fromhex("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")
    keystore = tmp_path / "key.json"
    keystore.write_text(json.dumps(Account.encrypt(key, "pw", kdf="pbkdf2", iterations=100)))
    for name, value in {
        "RAPPORT_RPC": suite.anvil.url,
        "RAPPORT_KEYSTORE": str(keystore),
        "RAPPORT_PASSWORD": "pw",
        "RAPPORT_JOURNAL": str(tmp_path / "bot.db"),
        "RAPPORT_ADDRESSES": str(suite.write_book(tmp_path / "book.json")),
        "RAPPORT_COLLECT_EVERY": "0",
        "RAPPORT_COLLECT_EVENTS": str(tmp_path / "events.jsonl"),
    }.items():
        monkeypatch.setenv(name, value)
    merchant.tx.stop()
    later(suite, MONTH)
    metrics = bot.collect(suite.chain.block())
    bot.close()
    assert metrics == {"charged": 1, "refused": 0, "failing": 1, "dunning_events": 1}
    assert merchant.subscription.show(good).cycles == 2
    (event,) = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert (event["event"], event["subscription"]) == ("past_due", bad)
