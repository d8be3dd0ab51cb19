"""Deployment of the suite through Ape: settings, plan, address book, verification, table."""
