"""The built-in rules, one module per checklist item."""
