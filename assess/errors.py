"""What a person can put right, and how a fault of the program itself is told: without any value."""


class UserError(Exception):
    """One clear line that says what and where, and the exit code it ends with (2: input, 3: nothing readable)."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        self.message = message
        self.exit_code = exit_code
        super().__init__(message)


def raised_at(error: BaseException) -> str:
    """An exception's type and where it was raised; never its text, which may quote a value."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = f"{at.tb_frame.f_globals.get('__name__', '?')}:{at.tb_lineno}" if at is not None else "?"
    return f"{type(error).__name__} at {where}"
