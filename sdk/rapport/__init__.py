"""Python SDK and command of Rapport, on-chain customer relationship management."""
