"""What a person can put right: a mistake in what they gave, or an account that cannot be read."""


class UserError(Exception):
    """One clear line that says what and where, and the exit code it ends with (2: input, 3: nothing readable)."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        self.message = message
        self.exit_code = exit_code
        super().__init__(message)
