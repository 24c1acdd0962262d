"""Names of test cases."""


def case_name(value: object) -> str:
    """Name a case by its value, or by its type where the value shows an address."""
    return type(value).__name__ if " object at 0x" in repr(value) else repr(value)
