"""Records of a brand from files, checked row by row, without touching a chain."""
