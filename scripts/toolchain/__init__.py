"""Sets up the tools this repository works with. Standard library only, Python 3.11 or later."""
