"""The built-in report formats, one module each."""
