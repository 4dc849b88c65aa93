"""Tables of cases for the built-in rules: every module here mirrors one of the rule pack."""
