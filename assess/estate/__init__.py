"""The facts: what a scan of AWS or of files found, in AWS's own terms, behind the door."""
