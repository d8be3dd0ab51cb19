"""``python -m bench.gas``: measures, checks and prints. See ``bench/README.md``."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from eth_utils.crypto import keccak

from bench.gas import operations, packages, peers, report
from bench.gas.chain import Chain
from bench.gas.money import Money
from bench.gas.packages import BENCH, BenchError
from scripts.toolchain import paths

RESULT = BENCH / "results" / "gas.md"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.gas",
        description="Gas of every operation beside its floor and beside peers, in one run.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument(
        "--save", action="store_true", help=f"also write {RESULT.relative_to(paths.ROOT)}"
    )
    parser.add_argument("--hardfork", help="of the chain; default: that of ape-config.yaml")
    options = parser.parse_args(arguments)
    try:
        packages.check_installed()
        with Chain(options.hardfork or packages.ape_setting("evm_version")) as chain:
            money = Money(chain)
            ours, others = operations.measure(chain, money), peers.measure(chain, money)
            made = _made(chain)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    text = report.as_text(made, ours, others)
    if options.save:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(text)
    print(json.dumps(report.as_object(made, ours, others), indent=1) if options.json else text)
    return 0


def _made(chain: Chain) -> report.Made:
    return report.Made(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        tools={
            "anvil": f"{chain.client.rpartition('/v')[2]} ({chain.hardfork})",
            "solc": f"{paths.SOLC_VERSION} ({packages.ape_setting('optimization_runs')} runs)",
            "OpenZeppelin": packages.openzeppelin_version(),
        },
        contracts=packages.commit(),
        code={
            name: "0x" + keccak(hexstr=artifact.creation).hex()
            for name, artifact in packages.ours().items()
        },
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
