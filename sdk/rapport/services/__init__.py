"""One class for each contract, with its verbs. Services do not know each other."""
