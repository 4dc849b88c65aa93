"""The sources of evidence, one module each: what it takes from the facts, and how sure that is."""
