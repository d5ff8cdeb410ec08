"""What may go wrong with any command and is for its user to mend: the text is one sentence that says what to do.

`gateway.cli` prints it and ends with 2.  Not here: BadConfiguration, which tells many problems at once.
"""


class Trouble(Exception):
    """Known beforehand; no traceback would help whoever reads it."""
