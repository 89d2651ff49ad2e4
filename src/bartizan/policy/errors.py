"""What is wrong with a policy, and where."""


class PolicyInvalid(ValueError):
    """Policies, schema or entities that cannot be decided with; nothing is decided until they are right."""

    def __init__(self, file: str, line: int, what: str) -> None:
        """Name the place and the fault.

        Args:
            file: where the text came from, as the operator knows it.
            line: from 1; 0 where the fault has no line.
            what: the fault, and what to do.
        """
        super().__init__(f"{file}:{line}: {what}" if line else f"{file}: {what}")
        self.file, self.line, self.what = file, line, what
