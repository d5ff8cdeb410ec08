"""DNS as a locked worker has it: each question goes over the wall, a bounded number of times.

Raises `Unanswered` for what can not be known now (RFC 8601: temperror).  What the answers mean is the asker's business.
"""

from __future__ import annotations

from sanitizers.identity import ANSWER, DOMAIN, QUESTION, QUESTIONS, Question, RecordType
from sanitizers.job import Job
from sanitizers.model import Refused, Task

_FAILURES = 3  # then the rest of the mail's questions are not asked: nobody waits for a dead resolver forty times


class Unanswered(Exception):
    """No answer now: the resolver is down, slow, or was asked too much."""


class Dns:
    """The questions of one mail; the same question is asked once."""

    def __init__(self, job: Job):
        self._job = job
        self._known: dict[Question, tuple[str, ...]] = {}
        self._failures = 0

    def ask(self, name: str, type_: RecordType) -> tuple[str, ...]:
        """The records; () when there is no such name or no such record.  A name that can not exist has none."""
        question = Question(name.rstrip(".").lower(), type_)
        if not DOMAIN.fullmatch(question.name):
            return ()
        if question not in self._known:
            if len(self._known) + self._failures >= QUESTIONS or self._failures >= _FAILURES:
                raise Unanswered(f"more than {QUESTIONS} questions, or {_FAILURES} without an answer")
            self._known[question] = self._asked(question)
        return self._known[question]

    def _asked(self, question: Question) -> tuple[str, ...]:
        try:
            return ANSWER.validate_json(self._job.ask(Task.RESOLVE, QUESTION.dump_json(question))).records
        except Refused as refusal:
            self._failures += 1
            raise Unanswered(refusal.detail) from None
