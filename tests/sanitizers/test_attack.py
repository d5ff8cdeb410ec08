"""The judgement of the self-test's attacks: silence and senseless errors count as leaks."""

from __future__ import annotations

from sanitizers import attack
from sanitizers.lock import Confinement

FONTS, RESIDUE = "list the font directory", "does /etc/passwd exist"


def answers(**changed: str) -> tuple[str, ...]:
    return tuple(f"{name}: {changed.get(name.replace(' ', '_'), 'EPERM')}" for name in attack._ATTEMPTS)


def test_all_refused_is_no_leak() -> None:
    assert attack.leaks(answers(), Confinement.PARSE) == ()


def test_success_is_a_leak() -> None:
    assert attack.leaks(answers(fork="OK"), Confinement.PARSE) == ("fork: OK",)


def test_a_call_that_reached_the_kernel_is_a_leak() -> None:
    assert attack.leaks(answers(io_uring="EFAULT", setns="EINVAL"), Confinement.PARSE) == ("setns: EINVAL", "io_uring: EFAULT")


def test_an_attacker_who_falls_silent_got_through() -> None:
    assert attack.leaks(answers()[:-2], Confinement.PARSE) == ("terminal input: no answer",)
    assert len(attack.leaks((), Confinement.PARSE)) == len(attack._ATTEMPTS) - 1


def test_only_rendering_may_see_fonts() -> None:
    seen = tuple(f"{FONTS}: OK" if answer.startswith(FONTS) else answer for answer in answers())
    assert attack.leaks(seen, Confinement.RENDER) == ()
    assert attack.leaks(seen, Confinement.PARSE) == (f"{FONTS}: OK",)


def test_only_a_decoder_may_start_a_thread() -> None:
    assert attack.leaks(answers(thread="OK"), Confinement.DECODE) == ()
    assert attack.leaks(answers(thread="OK"), Confinement.RENDER) == ("thread: OK",)
    assert attack.leaks(answers(fork="OK"), Confinement.DECODE) == ("fork: OK",)


def test_existence_is_the_one_known_residue() -> None:
    told = tuple(f"{RESIDUE}: OK" if answer.startswith(RESIDUE) else answer for answer in answers())
    assert attack.leaks(told, Confinement.PARSE) == ()
