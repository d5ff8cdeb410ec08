"""How the API says no: `application/problem+json` (RFC 9457), Japanese first, English beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from gateway.api.values import dump
from gateway.words import Refusal, Words

MEDIA_TYPE = "application/problem+json"
TITLES: dict[int, Words] = {
    400: Words("要求が正しくありません", "Bad request"),
    401: Words("認証が必要です", "Authentication needed"),
    403: Words("権限がありません", "Not allowed"),
    404: Words("見つかりません", "Not found"),
    405: Words("この操作はありません", "No such method here"),
    409: Words("いまの状態ではできません", "Not in its present state"),
    410: Words("期限が過ぎています", "Gone"),
    412: Words("ほかの人が先に変更しました", "Somebody changed it meanwhile"),
    413: Words("大きすぎます", "Too large"),
    415: Words("形式が違います", "Unsupported media type"),
    421: Words("ホスト名が違います", "Misdirected request"),
    422: Words("値が正しくありません", "Invalid values"),
    428: Words("If-Match が必要です", "If-Match is needed"),
    429: Words("要求が多すぎます", "Too many requests"),
    500: Words("内部の誤り", "Internal error"),
    503: Words("いまは利用できません", "Not available now"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that is wrong."""

    pointer: str  # RFC 6901 into the body, or the parameter's name
    detail: str


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """The members of RFC 9457, and its English."""

    type: str
    title: str
    title_en: str
    status: int
    detail: str
    detail_en: str
    errors: tuple[Fault, ...] = ()


@dataclass(eq=False)
class Problem(Refusal):
    """A refusal that a program needs more of than words."""

    ja: str
    en: str
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)
    errors: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        super().__init__(self.ja, self.en, self.status)


def invalid(error: ValidationError, where: str = "#") -> Problem:
    """What was given is not repeated: it may be a secret, and the caller knows it."""
    faults = tuple(_fault(each, where) for each in error.errors(include_input=False, include_url=False)[:20])
    return Problem("送られた値が正しくありません。", "What was sent does not fit.", 422, errors=faults)


def _fault(error: Any, where: str) -> Fault:
    path = "/".join(str(each).replace("~", "~0").replace("/", "~1") for each in error["loc"])
    return Fault(f"{where}/{path}" if where == "#" else path, error["msg"])


def answer(refusal: Refusal, origin: str) -> Response:
    """The type leads to the page about it."""
    words, status = refusal.words, refusal.status
    title = TITLES.get(status, TITLES[400])
    errors, headers = (refusal.errors, refusal.headers) if isinstance(refusal, Problem) else ((), {})
    details = ProblemDetails(f"{origin}/api#problem-{status}", title.ja, title.en, status, words.ja, words.en, errors)
    return Response(dump(details, ProblemDetails), status, headers, MEDIA_TYPE)
