"""Plants small faults in the contracts, one at a time, and asks whether the tests notice.

    python -m scripts.assurance.mutation                    # every value-holding contract
    python -m scripts.assurance.mutation --sample 80 --seed 1 LoyaltyPoints
    python -m scripts.assurance.mutation --minutes 30

It may be broken off and started again: verdicts are kept in .tools/assurance. A fault that was
noticed stays noticed as long as the contract is the same; one that was not is judged again once the
laws have changed, and one that ran out of time always. `--minutes 0` records what is known already.

The sources on disk are never changed: a mutant exists only in the compiler's input and in a folder
of artifacts that the tests are pointed to. A mutant that compiles to the same code is no mutant.

Each mutant has four times as long as the tests took without one, and four minutes at least. Whoever
is not done by then is neither noticed nor a survivor: a busy machine looks the same as a fault that
never ends, and the EVM's gas ends every loop of a contract. It counts on neither side of the score,
and the page names it, to be judged again.
Exit status 1 if a score lies under the goal, or a fault on a protected line survived or ran out of
time.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from scripts.assurance import mutants, results
from scripts.assurance.compiler import CompileError, Compiler, Sources, closure, sources
from scripts.assurance.mutants import Mutant
from scripts.toolchain import paths

GOAL = 85  # per cent
PATIENCE = 240.0  # seconds for one mutant's tests, at least
TIMES_CLEAN = 4  # of the time that the tests take without a mutant
LAWS = paths.ROOT / "tests" / "contracts" / "invariant"
EVERY = [
    "CustomerRegistry",
    "LoyaltyPoints",
    "EarnRules",
    "ConsentRegistry",
    "Onboarding",
    "Payments",
    "Subscriptions",
    "SLAEscrow",
    "CourtArbiter",
    "TestToken",
    "OddToken",
    "OddCourt",
    "Litigant",
    "IArbitrator",
    "IArbitrable",
    "HostileRules",
    "SmartWallet",
    "SilentDelegate",
    "OfficeClock",
]
BRIEF, DIRECTED, LONGER = 8, 30, 60  # examples of the machine at first, of other laws, at last
FLAGS = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
LIBRARIES = "contracts/libraries/"
ABSTRACTS = "contracts/abstracts/"


@dataclass(frozen=True)
class Target:
    """A contract with the files that make it up, and the laws that know it best.

    `directed` are test files, the quickest to notice first; `only` is pytest's ``-k``, where they
    are about other contracts as well.
    """

    files: tuple[str, ...]
    compiled: tuple[str, ...]
    machine: str
    directed: tuple[str, ...]
    only: str = ""


_BESIDES = (
    "not CustomerRegistry and not ConsentRegistry and not LoyaltyPoints and not EarnRules"
    " and not Onboarding and not CourtArbiter"
)
TARGETS = {
    "CustomerRegistry": Target(
        ("contracts/CustomerRegistry.sol", LIBRARIES + "Signatures.sol"),
        ("CustomerRegistry", "LoyaltyPoints"),
        "customer",
        (
            "test_roles.py",
            "test_customers.py",
            "test_signatures.py",
            "test_own_intents.py",
            "test_onboarding.py",
        ),
    ),
    "ConsentRegistry": Target(
        (
            "contracts/ConsentRegistry.sol",
            LIBRARIES + "Consents.sol",
            LIBRARIES + "Masks.sol",
            LIBRARIES + "Purposes.sol",
        ),
        ("ConsentRegistry",),
        "consent",
        (
            "test_roles.py",
            "test_notices.py",
            "test_consents.py",
            "test_consent_intents.py",
            "test_consent_records.py",
            "test_onboarding.py",
        ),
    ),
    "Onboarding": Target(
        ("contracts/Onboarding.sol",),
        ("Onboarding",),
        "consent",
        ("test_roles.py", "test_onboarding.py"),
    ),
    "LoyaltyPoints": Target(
        (
            "contracts/LoyaltyPoints.sol",
            "contracts/abstracts/Issuance.sol",
            LIBRARIES + "Lanes.sol",
            LIBRARIES + "Calendar.sol",
            LIBRARIES + "Entries.sol",
            LIBRARIES + "Meters.sol",
        ),
        ("LoyaltyPoints",),
        "loyalty",
        (
            "test_roles.py",
            "test_points_awards.py",
            "test_points_issuers.py",
            "test_points_reversals.py",
            "test_points_spending.py",
            "test_points_closing.py",
            "test_points_tiers.py",
            "test_signatures.py",
            "test_lanes.py",
            "test_calendar.py",
        ),
    ),
    "EarnRules": Target(
        ("contracts/EarnRules.sol",), ("EarnRules",), "earn", ("test_roles.py", "test_orders.py")
    ),
    "Payments": Target(
        (
            "contracts/Payments.sol",
            ABSTRACTS + "Custody.sol",
            ABSTRACTS + "Earning.sol",
            ABSTRACTS + "Permits.sol",
            ABSTRACTS + "Guarded.sol",
            LIBRARIES + "Orders.sol",
            LIBRARIES + "Outcomes.sol",
            LIBRARIES + "Transfers.sol",
            LIBRARIES + "Calls.sol",
        ),
        ("Payments",),
        "payment",
        (
            "test_roles.py",
            "test_refused_sales.py",
            "test_order_words.py",
            "test_sales_without_points.py",
            "test_custody.py",
            "test_lying_tokens.py",
            "test_earning_gas.py",
            "test_payments_reentrancy.py",
            "test_sale_states.py",
            "test_sale_digests.py",
            "test_odd_tokens.py",
        ),
        "payment or order or split or gas or token",
    ),
    "Subscriptions": Target(
        (
            "contracts/Subscriptions.sol",
            ABSTRACTS + "SubscriptionRecords.sol",
            ABSTRACTS + "SubscriptionIntents.sol",
            ABSTRACTS + "Coupons.sol",
            ABSTRACTS + "Plans.sol",
            LIBRARIES + "Periods.sol",
            LIBRARIES + "Records.sol",
            LIBRARIES + "Offers.sol",
        ),
        ("Subscriptions",),
        "subscription",
        (
            "test_sale_states.py",
            "test_roles.py",
            "test_refused_sales.py",
            "test_periods.py",
            "test_records.py",
            "test_points_of_refunds.py",
            "test_sales_without_points.py",
            "test_lying_tokens.py",
            "test_sale_digests.py",
            "test_odd_tokens.py",
            "test_earning_gas.py",
            "test_subscriptions_reentrancy.py",
        ),
        f"not order and {_BESIDES} and not Payments and not SLAEscrow",
    ),
    "SLAEscrow": Target(
        (
            "contracts/SLAEscrow.sol",
            ABSTRACTS + "Agreements.sol",
            ABSTRACTS + "AgreementIntents.sol",
            ABSTRACTS + "Bonds.sol",
            ABSTRACTS + "Custody.sol",
            ABSTRACTS + "Policies.sol",
            LIBRARIES + "AgreementRecords.sol",
            LIBRARIES + "BusinessHours.sol",
            LIBRARIES + "Digests.sol",
            LIBRARIES + "Once.sol",
            LIBRARIES + "PolicyTerms.sol",
        ),
        ("SLAEscrow",),
        "sla",
        (
            "test_sla_states.py",
            "test_sla_splits.py",
            "test_custody.py",
            "test_roles.py",
            "test_sla_reentrancy.py",
            "test_odd_tokens.py",
            "test_business_hours.py",
        ),
        f"{_BESIDES} and not Payments and not Subscriptions",
    ),
}
KILLED, SURVIVED, OVERTIME = "killed", "survived", "ran out of time"
REFUSED, SAME = "does not compile", "same code"
# What stays true whatever the laws become: they only grow.
STANDING = {verdict: verdict for verdict in (KILLED, REFUSED, SAME)}


@dataclass
class Tally:
    """What became of a contract's mutants."""

    killed: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    overtime: list[Mutant] = field(default_factory=list)
    refused: int = 0
    same: int = 0
    planted: int = 0

    @property
    def judged(self) -> int:
        return self.killed + len(self.survivors)

    @property
    def score(self) -> float:
        return round(100 * self.killed / self.judged, 1) if self.judged else 0.0

    @property
    def protected(self) -> list[Mutant]:
        return [m for m in self.survivors if m.kind in mutants.PROTECTED]

    @property
    def missed(self) -> bool:
        """Whether the goal is missed, or nothing good is known of a fault on a protected line."""
        unknown = any(m.kind in mutants.PROTECTED for m in self.overtime)
        return self.score < GOAL or bool(self.protected) or unknown


def trees(texts: Sources) -> dict[str, Any]:
    """The syntax tree of every project file."""
    with Compiler(optimize=False, via_ir=False) as compiler:
        answer = compiler.run(texts, {"*": {"": ["ast"]}})
    return {path: file["ast"] for path, file in answer["sources"].items()}


def judge(folder: Path, target: Target, patience: float) -> str:
    """Runs the tests against a folder of artifacts in a child process, for so many seconds."""
    child = os.fork()
    if child == 0:
        _run_tests(folder, target)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return SURVIVED if status == 0 else KILLED
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return OVERTIME


def _run_tests(folder: Path, target: Target) -> None:
    """The machine that knows the contract, briefly; then the rest, longer. Never returns."""
    os.environ.update(RAPPORT_ARTIFACTS=str(folder), RAPPORT_PROFILE="mutant")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        _run_machine(target.machine, BRIEF)
    except BaseException:
        os._exit(1)
    directed = [LAWS / name for name in target.directed]
    longer = [LAWS / f"test_{target.machine}_machine.py"]
    chosen = ["-k", target.only] if target.only else []
    for tests, runs, flags in ((directed, DIRECTED, chosen), (longer, LONGER, [])):
        os.environ["RAPPORT_RUNS"] = str(runs)
        if pytest.main([*FLAGS, *flags, *map(str, tests)]) != 0:
            os._exit(1)
    os._exit(0)


def _read_laws(target: Target) -> None:
    """Imports the laws before the forks, which then share them, under the profile for mutants."""
    # Laws about our own build alone look whether another is named; empty means our own.
    os.environ.update(RAPPORT_ARTIFACTS="", RAPPORT_PROFILE="mutant", RAPPORT_RUNS=str(DIRECTED))
    for law in ("conftest.py", f"test_{target.machine}_machine.py", *target.directed):
        importlib.import_module(f"tests.contracts.invariant.{Path(law).stem}")


def _run_machine(name: str, runs: int) -> None:
    """A machine without pytest, since most mutants fall to its first runs."""
    module = importlib.import_module(f"tests.contracts.invariant.test_{name}_machine")
    machine = getattr(module, f"{name.title()}Machine")
    brief = settings(
        max_examples=runs,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=brief)  # type: ignore[no-untyped-call]


def work(
    texts: Sources,
    target: Target,
    todo: Any,
    done: Any,
    folder: Path,
    clean: dict[str, str],
    patience: float,
) -> None:
    """One worker: takes mutants until there are none."""
    shutil.copytree(folder / "clean", folder / f"mutant-{os.getpid()}")
    place = folder / f"mutant-{os.getpid()}"
    with Compiler(optimize=False, via_ir=False) as compiler:
        for mutant in iter(todo.get, None):
            changed = {**texts, mutant.path: mutant.apply(texts[mutant.path])}
            try:
                compiler.artifacts(changed, list(target.compiled), place)
            except CompileError:
                done.put((mutant, REFUSED))
                continue
            same = all((place / f"{n}.json").read_text() == clean[n] for n in target.compiled)
            done.put((mutant, SAME if same else judge(place, target, patience)))


class Journal:
    """Verdicts that stand from one run to the next, a line each."""

    def __init__(self, name: str, texts: Sources, folder: Path = results.SCRATCH) -> None:
        self._file = folder / f"mutation-{name}.jsonl"
        target = TARGETS[name]
        places = [path for path in texts if Path(path).stem in target.compiled]
        self._code = _digest(*(text for _, text in sorted(closure(texts, places).items())))
        tests = sorted(LAWS.parent.glob("*/**/*.py"))
        self._laws = _digest(*(path.read_text() for path in tests), repr(target))
        self._verdicts: dict[str, str] = {}
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        for line in lines:
            key, verdict, laws = json.loads(line)
            self._verdicts[key] = verdict if laws == self._laws else STANDING.get(verdict, "")

    def verdict(self, mutant: Mutant) -> str:
        """What was found of it before and holds today; empty if it is to be judged."""
        return self._verdicts.get(self._key(mutant), "")

    def keep(self, mutant: Mutant, verdict: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if verdict != OVERTIME:
            with self._file.open("a") as file:
                file.write(json.dumps([self._key(mutant), verdict, self._laws]) + "\n")

    def _key(self, m: Mutant) -> str:
        return _digest(self._code, m.path, str(m.start), str(m.end), m.text)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def campaign(
    name: str, chosen: list[Mutant], texts: Sources, jobs: int, until: float, journal: Journal
) -> Tally:
    """Judges the chosen mutants of one contract; stops early when the time is over."""
    target = TARGETS[name]
    tally = Tally()
    for mutant in chosen:
        if verdict := journal.verdict(mutant):
            _count(tally, mutant, verdict)
    chosen = [mutant for mutant in chosen if not journal.verdict(mutant)]
    if not chosen or time.monotonic() >= until:
        return tally
    context = multiprocessing.get_context("fork")
    todo, done = context.Queue(), context.Queue()
    with tempfile.TemporaryDirectory(prefix="rapport-mutants-") as scratch:
        folder = Path(scratch)
        with Compiler(optimize=False, via_ir=False) as compiler:
            compiler.artifacts(texts, EVERY, folder / "clean")
        clean = {n: (folder / "clean" / f"{n}.json").read_text() for n in target.compiled}
        began = time.monotonic()
        verdict = judge(folder / "clean", target, TIMES_CLEAN * PATIENCE)
        if verdict == KILLED:
            sys.exit(f"\n{name}: the tests fail without any mutant; mend them first")
        if verdict == OVERTIME:
            sys.exit(f"\n{name}: the tests do not end without any mutant; is the machine busy?")
        patience = max(PATIENCE, TIMES_CLEAN * (time.monotonic() - began))
        arguments = (texts, target, todo, done, folder, clean, patience)
        workers = [context.Process(target=work, args=arguments) for _ in range(jobs)]
        for worker in workers:
            worker.start()
        sent, waiting = 0, list(chosen)
        while waiting or sent:
            while waiting and sent < jobs * 2 and time.monotonic() < until:
                todo.put(waiting.pop(0))
                sent += 1
            if not sent:
                break
            mutant, verdict = done.get()
            sent -= 1
            journal.keep(mutant, verdict)
            _count(tally, mutant, verdict)
            _show(name, tally, len(waiting) + sent)
        for _ in workers:
            todo.put(None)
        for worker in workers:
            worker.join()
    print(file=sys.stderr)
    return tally


def _count(tally: Tally, mutant: Mutant, verdict: str) -> None:
    tally.planted += 1
    if verdict == KILLED:
        tally.killed += 1
    elif verdict == OVERTIME:
        tally.overtime.append(mutant)
        print(f"\nran out of time [{mutant.kind}] {mutant.name}", file=sys.stderr)
    elif verdict == REFUSED:
        tally.refused += 1
    elif verdict == SAME:
        tally.same += 1
    else:
        tally.survivors.append(mutant)
        print(f"\nsurvived [{mutant.kind}] {mutant.name}", file=sys.stderr)


def _show(name: str, tally: Tally, left: int) -> None:
    line = f"{name}: {tally.planted} done, {left} to do, {tally.killed} killed, {tally.score} %"
    print(f"\r{line}", end="", file=sys.stderr, flush=True)


def choose(every: list[Mutant], seed: int) -> list[Mutant]:
    """All of them in the order in which they are drawn; the same for the same seed."""
    return random.Random(seed).sample(every, len(every))


def accepted() -> dict[str, str]:
    """Survivors that were looked at and change nothing that can be seen, with the reason."""
    path = Path(__file__).with_name("equivalent.json")
    reasons: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return reasons


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("contracts", nargs="*", default=list(TARGETS))
    parser.add_argument("--sample", type=int, help="so many mutants of each contract")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600, help="for each contract")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--guards", action="store_true", help="only guards and modifiers left out")
    options = parser.parse_args()
    unknown = sorted(set(options.contracts) - set(TARGETS))
    if unknown:
        parser.error(f"no contract {', '.join(unknown)}; there are {', '.join(TARGETS)}")

    for name in options.contracts:
        _read_laws(TARGETS[name])
    texts = sources()
    syntax = trees(closure(texts, [f for name in options.contracts for f in TARGETS[name].files]))
    missed = False
    tool = "mutation, guards" if options.guards else "mutation"
    figures: dict[str, Any] = results.read().get(tool, {}).get("contracts", {})
    for name in options.contracts:
        every = [m for f in TARGETS[name].files for m in mutants.plant(f, texts[f], syntax[f])]
        reasons = accepted()
        equal = [m for m in every if {equivalence(m), f"{name}: {equivalence(m)}"} & set(reasons)]
        # Drawn first: whoever is set aside later changes nothing about who else is drawn.
        drawn = [m for m in choose(every, options.seed) if m not in equal]
        if options.guards:
            drawn = [m for m in drawn if m.operator == "guard"]
        chosen = drawn[: options.sample]
        until = time.monotonic() + 60 * options.minutes
        journal = Journal(name, texts)
        tally = campaign(name, chosen, texts, options.jobs, until, journal)
        figures[name] = {
            "possible": len(drawn),
            "judged": tally.judged,
            "killed": tally.killed,
            "score": tally.score,
            "seed": options.seed,
            "same code or refused by the compiler": tally.same + tally.refused,
            "set aside as equivalent, with a reason": len(equal),
            "survivors": [f"[{m.kind}] {m.name}" for m in tally.survivors],
            "survivors on protected lines": len(tally.protected),
            "ran out of time": [f"[{m.kind}] {m.name}" for m in tally.overtime],
        }
        print(f"{name}: {tally.killed} of {tally.judged} killed, {len(tally.overtime)} timed out")
        missed = missed or tally.missed
    results.record(tool, {"goal": GOAL, "contracts": figures})
    return 1 if missed else 0


def equivalence(mutant: Mutant) -> str:
    """
    By what a mutant is known in `equivalent.json`: the line's text rather than its number.

    With the contract's name and a colon before it, it changes nothing in that contract alone.
    """
    return f"{mutant.path} | {mutant.context} | {mutant.shown}"


if __name__ == "__main__":
    sys.exit(main())
