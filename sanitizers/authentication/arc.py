"""The Authenticated Received Chain (RFC 8617): what each forwarder saw, each sealed by the next.

Only the chain is judged; whom to believe along it is nobody's here.  Never raises.
"""

from __future__ import annotations

from sanitizers.authentication import dkim
from sanitizers.authentication.dkim import Unproven
from sanitizers.authentication.dns import Dns, Unanswered
from sanitizers.authentication.fields import Field, Message, Unusable, tags
from sanitizers.identity import Result

_RESULTS, _SIGNATURE, _SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"
_SETS = 20  # RFC 8617 4.2.1 allows 50; no mail is forwarded as often by honest servers


def verify(message: Message, dns: Dns) -> Result:
    """RFC 8617 5.2.  `fail` also for a chain that is torn or can not be read."""
    fields = [message.named(name) for name in (_RESULTS, _SIGNATURE, _SEAL)]
    if not any(fields):
        return Result.NONE
    try:
        results, signatures, seals = map(_by_instance, fields)
        count = len(seals)
        if count > _SETS or not set(results) == set(signatures) == set(seals) == set(range(1, count + 1)):
            return Result.FAIL
        newest = signatures[count]
        _check_signature(message, newest, dns)
        for last in range(count, 0, -1):
            _check_seal([(results[i], signatures[i], seals[i]) for i in range(1, last + 1)], dns)
    except (Unusable, Unproven):
        return Result.FAIL
    except Unanswered:
        return Result.TEMPERROR
    return Result.PASS


def _by_instance(fields: tuple[Field, ...]) -> dict[int, Field]:
    found: dict[int, Field] = {}
    for field in fields:
        # Authentication-Results is a tag list only as far as its first tag, i=
        first = tags(field.value.partition(b";")[0])
        number = first.get("i", "") if field.name == _RESULTS else tags(field.value).get("i", "")
        if not number.isascii() or not number.isdigit() or len(number) > 2 or int(number) in found:
            raise Unusable("an instance that is no number, or twice")
        found[int(number)] = field
    return found


def _check_signature(message: Message, field: Field, dns: Dns) -> None:
    found = tags(field.value)
    if "arc-seal" in found.get("h", "").lower():
        raise Unusable("a seal may not be signed")
    dkim.check(message, field, found, dns)


def _check_seal(sets: list[tuple[Field, Field, Field]], dns: Dns) -> None:
    """RFC 8617 5.1.1: all sets so far in order, relaxed, the last seal without its own value."""
    last = sets[-1][2]
    found = tags(last.value)
    if found.get("cv", "").lower() != ("none" if len(sets) == 1 else "pass") or "h" in found:
        raise Unproven("the chain was broken before")
    pieces = [field.relaxed() + b"\r\n" for each in sets for field in each][:-1]
    dkim.seal((*pieces, dkim.sealed_form(last)), found, dns)
