"""The benches: figures that anyone can make again, our own beside those of others."""
