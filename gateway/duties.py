"""What falls due by the calendar, once an hour: notices of violations (IN-05), sign-offs of IDs (AC-03), the monthly lists of
destinations (ML-05), letters about audit findings (AU-01); and the API's kept answers are forgotten.

Each is decided and written in one transaction, so two gateways do not do it twice.  A failure is the caller's alarm.
"""

from __future__ import annotations

from gateway.api import answers
from gateway.audit.findings import Findings
from gateway.audit.letters import finding_letters
from gateway.bulletin import bulletins
from gateway.certification import Certification
from gateway.destinations import Destinations
from gateway.notice import Notices
from gateway.policy.rules import Policy
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.violations import ViolationNotices


def violation_notices(settings: Settings, store: Store, policy: Policy, notices: Notices) -> ViolationNotices:
    ask, rungs = policy.observe.violations, settings.workflow.violation_chain
    return ViolationNotices(store.db, store.clock, ask, rungs, notices.names["ja"].signs)


def certification(settings: Settings, store: Store) -> Certification:
    asked = settings.workflow
    return Certification(store.db, store.clock, asked.certification_chain, asked.certification_days)


async def fall_due(settings: Settings, store: Store, policy: Policy, notices: Notices) -> int:
    """How many cases were opened or letters written.  Nothing while the clock is in doubt (I6)."""
    if store.clock.jump:
        return 0
    await store.db.write(answers.forget, store.clock.now())
    opened = await violation_notices(settings, store, policy, notices).send()
    asked = await certification(settings, store).ask()
    found = Findings(store.db, store.clock, finding_letters(settings, store))
    reminded = await found.remind(settings.audit.remind_days, settings.audit.late_days)
    listed = 0
    if settings.regular_reports.destinations:
        listed = await Destinations(store.db, store.clock, bulletins(settings, store)).send()
    return len(opened) + len(asked) + reminded + listed
