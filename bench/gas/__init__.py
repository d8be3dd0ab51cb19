"""What the suite's operations cost, beside their floor and beside what others publish.

``python -m bench.gas`` starts one local chain, deploys our contracts as compiled and the peers as
their own npm packages ship them, runs both, and prints tables. See ``bench/README.md``.
"""
