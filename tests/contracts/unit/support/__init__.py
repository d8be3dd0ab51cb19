"""What the unit tests of the contracts stand on: the chain, the actors, what customers sign."""
