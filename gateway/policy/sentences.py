"""A rule as a sentence, Japanese and English, made from its values alone: what is read is what is in force.

The words for findings, verdicts and signs are the notices' (`names.yaml`); the rest is here, and a test walks the closed sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.directory.model import ROLE_NAMES
from gateway.model import Direction, Disposition, Telling
from gateway.notice.wording import Names
from gateway.policy.rules import Choice, Match, Rule
from gateway.policy.words import DISPOSITIONS, SUSPICIONS

Wording = Mapping[str, Names]  # by language


@dataclass(frozen=True, slots=True)
class Sentence:
    ja: str
    en: str


def of_rule(rule: Rule, names: Wording) -> Sentence:
    ja, en = conditions(rule.match, names)
    done = DISPOSITIONS[rule.action]
    further = list(_further(rule, names))
    more_ja, more_en = [ja for ja, _ in further], [en for _, en in further]
    return Sentence(
        f"{ja} → {done[0]}{_bracketed(more_ja, '（', '、', '）')}。根拠: {'、'.join(rule.clauses)}",
        f"{en} → {done[1]}{_bracketed(more_en, ' (', ', ', ')')}. Serves {', '.join(rule.clauses)}",
    )


def of_choice(choice: Choice, names: Wording) -> Sentence:
    ja, en = conditions(choice.match, names)
    return Sentence(f"{ja} → 「{choice.profile}」で処理する。", f"{en} → treated by {choice.profile}.")


def conditions(match: Match, names: Wording) -> tuple[str, str]:
    """Which mail, as far as `match` says."""
    subject = {
        Direction.INBOUND: ("受信メール", "Inbound mail"),
        Direction.OUTBOUND: ("送信メール", "Outbound mail"),
        None: ("すべてのメール", "Any mail"),
    }[match.direction]
    clauses = list(_clauses(match, names))
    if not clauses:
        return subject
    ja = f"{subject[0].replace('すべてのメール', 'メール')}で、{'、かつ'.join(clause[0] for clause in clauses)}とき"
    return ja, f"{subject[1]} {' and '.join(clause[1] for clause in clauses)}"


def _clauses(match: Match, names: Wording) -> Iterator[tuple[str, str]]:
    """Japanese ends so that とき may follow."""
    ja_names, en_names = names["ja"], names["en"]
    for ja, en, values in (
        ("差出人", "whose sender is", match.sender),
        ("宛先", "to", match.recipient),
        ("接続元", "from the address", [str(network) for network in match.client]),
    ):
        if values:
            yield f"{ja}が{_or_ja(values)}の", f"{en} {_or_en(values)}"
    if match.larger_than:
        yield f"大きさが{_size(match.larger_than)}を超える", f"larger than {_size(match.larger_than)}"
    if match.verdict:
        verdicts = [[words.verdicts[each] for each in match.verdict] for words in (ja_names, en_names)]
        yield f"判定が{_or_ja(verdicts[0])}の", f"whose verdict is {_or_en(verdicts[1])}"
    if match.finding:
        found = [[words.kinds[kind] for kind in match.finding] for words in (ja_names, en_names)]
        yield f"{_or_ja(found[0])}が見つかった", f"that holds {_or_en(found[1])}"
    if match.media_type:
        yield f"ファイルの形式が{_or_ja(match.media_type)}の", f"with a file of type {_or_en(match.media_type)}"
    if match.name:
        yield f"ファイル名が{_or_ja(match.name)}の", f"with a file named {_or_en(match.name)}"
    if match.identity:
        doubts = [SUSPICIONS[each] for each in match.identity]
        yield f"差出人に{_or_ja([d[0] for d in doubts])}がある", f"whose sender shows {_or_en([d[1] for d in doubts])}"
    if match.sign:
        ja_signs = [f"{ja_names.signs[sign]}{f'が{least}件以上' if least > 1 else ''}" for sign, least in match.sign]
        en_signs = [f"{en_names.signs[sign]}{f' ({least} or more)' if least > 1 else ''}" for sign, least in match.sign]
        yield f"{_or_ja(ja_signs)}に当てはまる", f"that shows {_or_en(en_signs)}"


def _further(rule: Rule, names: Wording) -> Iterator[tuple[str, str]]:
    if rule.action is Disposition.DELIVER:
        ja, en = (names[language].verdicts[rule.worst] for language in ("ja", "en"))
        yield f"判定が「{ja}」まで", f"up to {en}"
        if rule.notice is not Telling.CHANGED:
            yield {
                Telling.ALWAYS: ("通知文を必ず付ける", "always with the notice"),
                Telling.NEVER: ("通知文を付けない", "without the notice"),
            }[rule.notice]
    if rule.hiding:
        yield "宛先を互いに見せない", "recipients do not see one another"
    if not rule.releasable:
        yield "解除不可", "can not be released"
    if rule.approval:
        rungs, hours = rule.approval.by, f"{rule.approval.seconds / 3_600:g}"
        ja = " → ".join("または".join(map(_informed, rung)) for rung in rungs)
        yield f"承認者: {ja}、期限{hours}時間", f"by {', then '.join(' or '.join(rung) for rung in rungs)}, {hours} h each"
    if rule.delay:
        minutes = f"{rule.delay.seconds / 60:g}"
        if rule.delay.unless_confirmed:
            yield f"{minutes}分待ち、確認がなければ削除", f"{minutes} min, then deleted unless confirmed"
        else:
            yield f"{minutes}分待ち、その後に送信", f"{minutes} min, then sent"
    if rule.exceptions:
        yield "例外措置で外せる", "may be waived by an exception"
    if rule.inform:
        yield f"知らせる先: {'、'.join(map(_informed, rule.inform))}", f"tells {', '.join(rule.inform)}"
    if rule.alarm:
        yield f"警報: {rule.alarm}", f"alarm {rule.alarm}"


def _informed(who: str) -> str:
    return "差出人" if who == "sender" else next((name for role, name in ROLE_NAMES.items() if role == who), who)


def _or_ja(values: Sequence[str]) -> str:
    return "または".join(f"「{value}」" for value in values)


def _or_en(values: Sequence[str]) -> str:
    return " or ".join(values)


def _bracketed(values: Sequence[str], begin: str, between: str, end: str) -> str:
    return f"{begin}{between.join(values)}{end}" if values else ""


def _size(count: int) -> str:
    return f"{count / (1 << 20):g} MB" if count >= 1 << 20 else f"{count / (1 << 10):g} KB"
