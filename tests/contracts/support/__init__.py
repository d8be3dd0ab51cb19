"""What the contract laws stand on: a pyrevm chain, the compiled artifacts, a plain-Python model."""
