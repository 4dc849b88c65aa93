"""What tests and the demo stand on: the simulated AWS and the estates that it is seeded with."""
