"""The building plan: makes each room once, in the order in which mail walks through them; starts, drains and stops.

`Gateway.start` raises SetupError, BadConfiguration, StoreUnavailable or SchemaMismatch before anything listens: nothing is
half-started.  `reload` keeps the old rules when the new ones are bad.
"""

from __future__ import annotations

import asyncio
import logging
import os
from datetime import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gateway import disk, doors, duties, intake, journal, post, rights, window
from gateway import seal as sealing
from gateway.audit import exhibit
from gateway.backup.nightly import Nightly
from gateway.compliance import holding
from gateway.control import Control, Verb
from gateway.cutoff import Guard
from gateway.digest import Digest
from gateway.evidence import feed, packing, proving
from gateway.evidence.media import Media
from gateway.gate import HourlyGate
from gateway.health import Health
from gateway.inspection import Inspector
from gateway.integrity import integrity_of
from gateway.metrics import Metrics
from gateway.notice import Notices
from gateway.notifier import notifying
from gateway.office import Office
from gateway.parcel import Parcel, Parcels, patience
from gateway.path import clearance_of, next_hop, pipeline_of
from gateway.policy import file as policy_file
from gateway.policy.book import Policies
from gateway.policy.observers import observers_of
from gateway.policy.rules import Policy
from gateway.preview import Preview
from gateway.reporter import Reporter
from gateway.rights import CONTROL
from gateway.runner import Runner
from gateway.sandbox import Sandbox, SelfTest
from gateway.scan import Scanner
from gateway.seal import Seal
from gateway.settings import Settings, trust_anchors
from gateway.smtp.server import Refusal, SmtpServer
from gateway.status import Status
from gateway.store.opening import Store
from gateway.trouble import Trouble
from gateway.unlocking import Unlock, Unlocking
from gateway.watch import Watch
from gateway.words import Words
from gateway.workflow.engine import Workflow
from gateway.workflow.letters import letters
from gateway.yaml_file import BadConfiguration, Problem
from sanitizers.lock.office import OfficeCaps

DRAIN_SECONDS = 25.0  # under the 30 s after which systemd and Docker lose patience
DIGEST_SECONDS = 60.0
HOUSEKEEPING_SECONDS = 3_600.0  # self-test, expiry, disposal
POLICY_SECONDS = 1.0  # how late published rules may count
WORKFLOW_SECONDS = 2.0  # how late a delayed mail may leave, or an approver hear of a mail

log = logging.getLogger(__name__)


class SetupError(Trouble):
    """The gateway can not start; one sentence that says what to do."""


class Gateway:
    def __init__(self, settings: Settings, store: Store, config: Path | None = None, policy: Policy | None = None):
        """`config` is the file that the settings came from, to be compared with its baseline; None = there is none.
        `policy` is what is in force; None = what the file says."""
        self.settings, self.store, self._seal, self._config = settings, store, _seal(settings), config
        self._integrity = integrity_of(settings, store, config) if config else None
        self.policies, self._number = Policies(store.db, store.clock, Path(settings.policy)), 0
        policy, notices = policy or policy_file.load(Path(settings.policy)), Notices.load(Path(settings.notices))
        self.sandbox = Sandbox(
            minimum_level=settings.sandbox.minimum_level,
            cpu_seconds=settings.sandbox.cpu_seconds,
            memory_bytes=settings.sandbox.memory,
            on_alarm=self._boxed,
            hidden=str(settings.state_directory.resolve()),
        )
        self.scanner = Scanner(
            settings.place(settings.clamav.socket),
            largest=settings.clamav.largest,
            timeout=settings.clamav.timeout,
            oldest=settings.clamav.hold_age_hours * 3_600,
        )
        lanes = settings.sandbox.lanes or os.cpu_count() or 1
        self.office = Office(
            enabled=settings.sandbox.office,
            lanes=lanes,
            caps=OfficeCaps(cpu_seconds=settings.sandbox.cpu_seconds),
            work=settings.sandbox.office_directory,
            converters=settings.sandbox.converters,
            on_alarm=self._boxed,
        )
        wall, note, anchors = settings.sandbox.wall_seconds, notices.withheld_note, trust_anchors(settings)
        self.inspector = Inspector(
            self.sandbox, self.scanner, wall_seconds=wall, office=self.office, note=note, anchors=anchors
        )
        queue, notifier = settings.queue, notifying(settings, store.clock)
        self.workflow = Workflow(store.db, store.spool, store.clock, letters(settings, notices, notifier))
        self.pipeline = pipeline_of(settings, store, policy, notices, notifier, self.inspector, self._seal)
        self.preview = Preview(settings, store, notices)  # its sandbox starts when somebody looks
        self._guest = rights.guest(settings.console.user)
        self.control = Control(settings.place(CONTROL), self._verbs(), self._guest)
        self.metrics = Metrics()
        store.journal.listeners.append(self.metrics.sealed)
        self.runner = Runner(store.spool, self.pipeline, lanes=lanes, timed=self.metrics.inspection.observe)
        self.guard = Guard(store.db, store.clock, settings.volume, settings.state_directory)
        gate = HourlyGate(store.spool, self.guard, self.sandbox, queue.free_space, queue.longest)
        self.servers = tuple(
            SmtpServer(each, store.spool, gate, self._refused, self._too_large, store.clock.now)
            for each in doors.listeners(settings)
        )
        self.status = self._status()
        self.watch = Watch(self.status, self._alarm)
        self.alerts = post.alerts(settings, notifier, store.clock, self._alarm, next_hop(settings.inbound))
        store.journal.listeners.append(self.alerts.sealed)
        self._health = Health(settings.health.host, settings.health.port, self.status.health, self.status.exposition)
        self._tasks: list[asyncio.Task[None]] = []

    def _verbs(self) -> dict[str, Verb[Any]]:
        """What can be asked at the inner door; all of it is what the console asks."""
        settings, store = self.settings, self.store
        seconds, largest = patience(settings.sandbox.wall_seconds), settings.console.api_file
        unlocking = Unlocking(store.quarantine, self.pipeline.keyring)
        parcels = Parcels(self.inspector, lambda: self.pipeline.policy, store.journal)
        return {
            "unlock": Verb(Unlock, unlocking.unlock, console=True),
            "sanitise": Verb(Parcel, parcels.sanitise, seconds, largest, console=True),
            "pack": packing.verb(store),
            "inspect": holding.verb(settings, self._config, store),
            "prove": exhibit.verb(settings, self._config, store),
            **window.verbs(self.preview, window.TURNS * seconds),
        }

    async def start(self) -> SelfTest:
        """Everything is proven before the first door opens."""
        if problems := intake.check_not_open_relay(doors.listeners(self.settings)):
            raise SetupError(f"this would be an open relay: {'; '.join(problems)}")
        self._share()
        await self.store.journal.start()
        if problem := await self._changed():
            await self.store.journal.stop()
            raise SetupError(f"the configuration is not the approved one: {problem}; if it shall be: mugai baseline make")
        await self.guard.look()  # a stop that was wanted meanwhile, before any work is taken up
        test = await self._selftest()
        if not self.sandbox.ready:
            await self.sandbox.stop()
            why = test.problem or ", ".join(test.leaks)
            raise SetupError(f"sandbox level {test.level}, {self.settings.sandbox.minimum_level} is required: {why}")
        if problem := await self.office.start():
            log.warning("old Office documents (doc, xls, ppt, RTF, xlsb) are withheld: %s", problem)
        try:
            await self._health.start()
            for server in self.servers:
                await server.start()
            await self.control.start()
        except OSError as error:
            await self.stop("start failed")
            raise SetupError(f"{error.strerror or error}: is another Mugai running? change the port in gateway.yaml") from None
        started = journal.Started(
            version=version("mugai"), sandbox_level=test.level, policy_version=self.pipeline.policy.version
        )
        await self.store.journal.write(started)
        self._number = await self.policies.number_in_force()
        self._tasks = [
            asyncio.create_task(work)
            for work in (
                self.runner.run(),
                self.guard.watch(),
                self._keep_house(),
                self._keep_time(),
                self._keep_policy(),
                self._send_digests(),
                feed.of(self.settings, self.store, lambda words: self._alarm("syslog", words)).run(),
                self.watch.run(),
                self.alerts.run(),
                *((Nightly(self.settings, self._config, self.store).run(self._alarm),) if self._config else ()),
            )
        ]
        return test

    def _share(self) -> None:
        """With the console, if that is another user.  Raises NoRight."""
        if self._guest is None:
            rights.take_back(self.settings.state_directory)
            return
        from gateway.console.credentials import Seal  # here: without the option the gateway needs nothing of the console

        Seal(self.settings.place(rights.CONSOLE_KEY))  # the console can make no file in this directory
        rights.share(self.settings.state_directory, self._guest)

    async def stop(self, reason: str) -> None:
        """Doors first, then the work in hand, then the journal's last signature.  What is not finished stays in the queue."""
        await self.control.stop()
        await asyncio.gather(*(server.stop(DRAIN_SECONDS) for server in self.servers))
        await self.runner.stop(DRAIN_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.pipeline.relay.close()
        await self.preview.stop()
        await self.sandbox.stop()
        await self.office.stop()
        await self._health.stop()
        await self.store.journal.write(journal.Stopped(reason=reason))
        await self.store.journal.stop()

    async def reload(self) -> None:
        """SIGHUP, or other rules are in force: new rules and notices, or the old ones if the new are bad."""
        try:
            policy, notices = await self.policies.current(), Notices.load(Path(self.settings.notices))
            observers = observers_of(self.settings, policy, self.store, self.inspector)
            if problem := await self._changed():
                raise BadConfiguration([Problem(self.settings.policy, 0, "", problem, "mugai baseline make")])
        except BadConfiguration as bad:
            log.error("reload refused, the old rules stay: %s", bad)
            refused = journal.PolicyLoaded(policy_version=self.pipeline.policy.version, accepted=False, detail=str(bad)[:1000])
            await self.store.journal.write(refused)
            return
        self.pipeline.policy, self.pipeline.notices = policy, notices
        self.inspector.note = notices.withheld_note
        self.pipeline.clearance = clearance_of(self.settings, self.store.clock, notices, self.inspector, self._seal)
        self.workflow.letters.notices = notices
        self.preview.use(notices)
        self.pipeline.observers = observers
        source = f"version {self._number}" if self._number else self.settings.policy
        await self.store.journal.write(journal.PolicyLoaded(policy_version=policy.version, accepted=True, detail=source))
        log.info("policy %s loaded: %s", policy.version, source)
        if await self.policies.file_differs():
            log.warning("%s is not in force, %s is: see `mugai policy propose --help`", self.settings.policy, source)

    def _status(self) -> Status:
        return Status(
            settings=self.settings,
            store=self.store,
            metrics=self.metrics,
            sandbox=self.sandbox,
            office=self.office,
            scanner=self.scanner,
            servers=self.servers,
            policy_version=lambda: self.pipeline.policy.version,
        )

    async def _changed(self) -> str:
        """Why files that differ from the baseline are not to be used, or ""; an alarm in any case (HD-02)."""
        problem = await self._integrity.look() if self._integrity else ""
        return problem if self.settings.integrity.when_changed == "refuse" else ""

    async def _selftest(self) -> SelfTest:
        test = await (self.sandbox.selftest() if self.sandbox.ready else self.sandbox.start())
        leaks = ", ".join(test.leaks) or "none"
        detail = f"landlock ABI {test.landlock_abi}, {test.attempts} attacks, leaks: {leaks} {test.problem}".strip()
        await self.store.journal.write(journal.SelfTested(level=test.level, passed=self.sandbox.ready, detail=detail))
        return test

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            try:
                await self._selftest()
                await self._changed()
                free = (await self.store.spool.pressure()).free_bytes
                await self.store.db.write(disk.note, free, self.store.clock.now())
                await self.store.quarantine.expire()
                await self.store.spool.gc()
                await duties.fall_due(self.settings, self.store, self.pipeline.policy, self.pipeline.notices)
                if await proving.is_due(self.store):
                    await proving.prove(self.store, "gateway")
            except Exception as error:
                log.exception("housekeeping failed, tried again in an hour")
                self._failed("housekeeping", "定期処理に失敗しました。1時間後にもう一度行います", error)
            try:
                await Media(self.settings.journal.media, self.store).due()
            except Exception as error:
                log.exception("the record was not copied, tried again in an hour")
                self._failed("record-copy", "記録の写しを別の媒体に残せませんでした。1時間後にもう一度行います", error)

    async def _send_digests(self) -> None:
        at, store, notifier = self.settings.digest_at, self.store, self.pipeline.notifier
        digest = Digest(store.db, store.spool, store.clock, notifier)
        reporter = Reporter(self.settings, store.db, store.spool, store.clock, notifier, self._alarm)
        while True:
            try:
                if at:
                    await digest.due(self.pipeline.notices, time.fromisoformat(at))
                await reporter.due(self.pipeline.notices)
            except Exception as error:
                log.exception("lists of held mail or reports were not sent, tried again in a minute")
                self._failed("digest", "保留の一覧か報告を送れませんでした。1分後にもう一度送ります", error)
            await asyncio.sleep(DIGEST_SECONDS)

    async def _keep_time(self) -> None:
        """Deadlines and delays of the workflow."""
        pause = WORKFLOW_SECONDS
        while True:
            await asyncio.sleep(pause)
            try:
                await self.workflow.tick()
                pause = WORKFLOW_SECONDS
            except Exception as error:
                log.exception("a case of the workflow failed, tried again in a minute")
                self._failed("workflow", "手続きの処理に失敗しました。1分後にもう一度行います", error)
                pause = 60.0

    async def _keep_policy(self) -> None:
        """What two people published, or an emergency, or its end: taken up without a restart."""
        while True:
            await asyncio.sleep(POLICY_SECONDS)
            try:
                number = await self.policies.number_in_force()
                if number != self._number:
                    self._number = number  # a bad one is refused once, not every second
                    await self.reload()
            except Exception:
                log.exception("whether other rules are in force is not known, asked again in %.0f s", POLICY_SECONDS)

    def _too_large(self, limit: int, actual: int, international: bool) -> str:
        return self.pipeline.notices.rejected_size(limit, actual, international)

    def _alarm(self, name: str, detail: Words) -> None:
        log.error("ALARM %s: %s", name, detail.en)
        self.store.journal.later(journal.Alarm.of(name, detail))

    def _failed(self, name: str, ja: str, error: Exception) -> None:
        self._alarm(name, Words(f"{ja}: {error}", str(error)))

    def _boxed(self, what: str) -> None:
        ja = f"隔離環境の中で、あるはずのない動作がありました。攻撃のおそれがあります。該当の部分は届けません: {what}"
        self._alarm("sandbox", Words(ja, what))

    def _refused(self, refusal: Refusal) -> None:
        client = refusal.client
        recipients = (refusal.recipient,) if refusal.recipient else ()
        self.store.journal.later(
            journal.Refused(
                client=client.address, reply=str(refusal.reply), helo=client.helo, sender=refusal.sender, recipients=recipients
            )
        )


def _seal(settings: Settings) -> Seal | None:
    seal = settings.seal
    try:
        return sealing.load(seal.domain, seal.selector, Path(seal.key)) if seal.domain else None
    except (OSError, TypeError, ValueError) as error:  # TypeError: the key wants a password
        raise SetupError(f"seal.key: {error}") from None
