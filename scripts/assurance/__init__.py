"""What looks for faults in contracts and tests: mutation, coverage, static tools, report."""
