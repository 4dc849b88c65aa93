"""The HTML report: one file for leadership and for engineers that opens without a network and without JavaScript."""
