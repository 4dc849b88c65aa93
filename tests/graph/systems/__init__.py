"""The topology of five systems, written down by hand, and their deployed form for tests to read."""
