"""`config/gateway.yaml` as frozen models: addresses, peers, limits, places.  Every field has a default and a help text.

An unknown key is refused.  What to do with mail (rules, profiles) is policy's, not here.  Raises BadConfiguration with
every problem, each with file, line, key and advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from cryptography.x509 import load_pem_x509_certificates
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyAddress,
    ValidationError,
    field_validator,
    model_validator,
)

from gateway import yaml_file
from gateway.alert_settings import AlertSettings, ReportSettings
from gateway.audit_settings import AuditSettings
from gateway.backup_settings import BackupSettings
from gateway.converter import Converter
from gateway.directory.model import Role
from gateway.integrity import IntegritySettings
from gateway.journal_settings import JournalSettings
from gateway.model import TlsPolicy
from gateway.seal_settings import SealSettings, SignatureSettings
from gateway.segment_settings import SegmentSettings
from gateway.sign_in_settings import LdapSettings, OidcSettings
from gateway.volume_settings import VolumeSettings
from gateway.workflow_settings import WorkflowSettings
from gateway.yaml_file import BadConfiguration, Document, Problem, Unfit

Network = IPv4Network | IPv6Network

_UNITS = {"": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def _size(value: object) -> object:
    """`25MB` -> bytes.  Powers of 1024, as every municipal rule book counts them."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+)\s*(B|KB|MB|GB)?", value.strip(), re.IGNORECASE)):
        return int(match[1]) * _UNITS[(match[2] or "").upper()]
    return value


def _domain(value: str) -> str:
    domain = value.lower().removeprefix("@")
    if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", domain):
        raise ValueError("is not a domain name; write it without @, international names in xn-- form")
    return domain


def _pattern(value: str) -> str:
    """A domain, or all below one: `*.lg.jp`."""
    return "*." + _domain(value[2:]) if value.startswith("*.") else _domain(value)


def _network(value: object) -> object:
    try:
        return ip_network(str(value), strict=False)
    except ValueError:
        ja = "IPアドレスでもネットワークでもありません。例 192.0.2.0/24"
        raise Unfit("is not an IP address or network, e.g. 192.0.2.0/24", ja) from None


Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, le=86_400 * 30)]
Domain = Annotated[str, AfterValidator(_domain)]
Address = Annotated[str, Field(pattern=r"^[^@\s<>]{1,64}@[^@\s<>]{1,190}$")]
Peer = Annotated[Network, BeforeValidator(_network)]
Port = Annotated[int, Field(ge=0, le=65_535)]  # 0 = any free one, for tests


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NextHopSettings(_Model):
    host: str = Field("127.0.0.1", description="Name or address of the mail server that takes the cleaned mail.")
    port: Port = 2526
    tls: TlsPolicy = Field(TlsPolicy.OPPORTUNISTIC, description="none | opportunistic | required | verified; never falls back.")
    ca_file: str = Field("", description="PEM file of the CA that signed the next hop's certificate; empty = the system's.")


class ListenerSettings(_Model):
    host: str = Field("127.0.0.1", description="Address to listen on; give each side its own network card (SAN-01).")
    port: Port = 2525
    peers: tuple[Peer, ...] = Field((ip_network("127.0.0.0/8"), ip_network("::1")), description="Who may connect. Nobody else.")
    domains: tuple[Domain, ...] = Field(
        ("city.example.lg.jp",),
        min_length=1,
        description="Own domains: inbound accepts only recipients there, outbound only senders there.",
    )
    next_hop: NextHopSettings = NextHopSettings()
    certificate: str = Field("", description="PEM file; empty = no STARTTLS.")
    key: str = ""
    require_tls: bool = Field(False, description="Refuse MAIL before STARTTLS (530).")
    size_limit: Size = Field(30 << 20, description="Largest mail as transferred (ML-02); an attachment grows by 1.37.")
    smtputf8: bool = Field(False, description="Offer SMTPUTF8; only if the next hop offers it too.")

    @model_validator(mode="after")
    def _tls_is_whole(self) -> ListenerSettings:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key belong together")
        if self.require_tls and not self.certificate:
            raise ValueError("require_tls needs certificate and key")
        return self


class _OutboundListener(ListenerSettings):
    port: Port = 2527
    next_hop: NextHopSettings = NextHopSettings(port=2528)
    tls_domains: dict[Annotated[str, AfterValidator(_pattern)], Literal[TlsPolicy.REQUIRED, TlsPolicy.VERIFIED]] = Field(
        {}, description="Recipient domains whose mail is never handed on in the clear (SD-08): required | verified."
    )

    @field_validator("next_hop", mode="before")
    @classmethod
    def _own_default_port(cls, value: object) -> object:
        return {"port": 2528, **value} if isinstance(value, dict) else value


class SmtpSettings(_Model):
    sessions: int = Field(400, ge=1, description="Connections at once, per listener.")
    sessions_per_peer: int = Field(100, ge=1, description="Generous: behind the security cloud all mail has one peer (SAN-07).")
    recipients: int = Field(1_000, ge=1, description="Per mail; RFC 5321 4.5.3.1.8 asks for at least 100.")
    command_seconds: Seconds = Field(300, description="RFC 5321 4.5.3.2: five minutes for a command.")
    data_seconds: Seconds = Field(1_800, description="For the whole content.")
    minimum_rate: int = Field(500, ge=0, description="Bytes a second below which a content is cut off (slowloris).")
    errors: int = Field(20, ge=1, description="Bad commands before 421.")


class SandboxSettings(_Model):
    minimum_level: int = Field(3, ge=2, le=4, description="Measured by attacking itself; below it Mugai does not listen.")
    lanes: int = Field(0, ge=0, le=64, description="Mails inspected at once; 0 = one per core.")
    wall_seconds: Seconds = Field(120, description="For one mail with all it contains; then it is held.")
    cpu_seconds: int = Field(60, ge=1, description="For one process.")
    memory: Size = Field(1 << 30, description="Address space of one process.")
    office: bool = Field(True, description="Convert doc, xls, ppt, RTF and xlsb by LibreOffice; false = withhold them.")
    converters: tuple[Converter, ...] = Field((), description="For formats that no free program reads.")
    office_directory: Path = Field(
        Path("/dev/shm"),  # noqa: S108
        description="For its jobs: in memory, not below /tmp, and to be entered by everybody if Mugai runs as root.",
    )


class ClamavSettings(_Model):
    socket: str = Field("clamd/clamd.sock", description="Unix socket of clamd; relative to state_directory.")
    timeout: Seconds = 120
    when_down: Literal["hold", "wait"] = Field("wait", description="wait = keep in the queue and try again; hold = quarantine.")
    largest: Size = Field(95 << 20, description="Larger contents count as not scanned; keep it under clamd's MaxFileSize.")
    alarm_age_hours: float = Field(24, gt=0, description="Signatures older than this raise an alarm (AV-04).")
    hold_age_hours: float = Field(0, ge=0, description="Signatures older than this hold all mail; 0 = never.")


class QueueSettings(_Model):
    lifetime_hours: float = Field(120, gt=0, description="Then the sender gets a DSN (RFC 5321 4.5.4.1: 4-5 days).")
    first_retry: Seconds = 60
    longest_retry: Seconds = 3_600
    worker_deaths: int = Field(3, ge=1, description="Crashes on one mail before it is held as unprocessable.")
    free_space: Size = Field(200 << 20, description="Below this much free disk new mail gets 452.")
    longest: int = Field(100_000, ge=1, description="Mails waiting before new mail gets 452.")


class RetentionSettings(_Model):
    quarantine_days: int = Field(30, ge=1)
    originals_days: int = Field(30, ge=1, description="How long the original of a delivered mail can be found again.")
    approval: bool = Field(False, description="Originals past that are destroyed only after `mugai disposal` (DS-01).")


class AuthenticatorSettings(_Model):
    id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="authserv-id that it writes (RFC 8601 2.5).")
    peers: tuple[Peer, ...] = Field(min_length=1, description="Its addresses; SPF is not judged for what comes from there.")


class IdentitySettings(_Model):
    enabled: bool = Field(True, description="Judge the senders of inbound mail (AV-08); a result never loses a mail.")
    nameservers: tuple[IPvAnyAddress, ...] = Field((), description="For SPF, DKIM, DMARC and ARC; empty = none is asked.")
    timeout: Seconds = Field(5, description="For one DNS question.")
    trusted_authenticators: tuple[AuthenticatorSettings, ...] = Field(
        (), description="Mail servers in front, whose Authentication-Results are believed (SAN-07)."
    )
    own_names: tuple[str, ...] = Field((), description="Names that nobody outside may show, besides organisation.")


class HealthSettings(_Model):
    host: str = "127.0.0.1"
    port: Port = Field(8025, description="GET /health: JSON, 200 or 503; GET /metrics: Prometheus.")


class ConsoleSettings(_Model):
    host: str = Field("127.0.0.1", description="Address to listen on: for administration, never the Internet (AC-09).")
    port: Port = 8026
    user: Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)] = Field(
        "",
        pattern=r"^([a-z_][a-z0-9_.-]*|[1-9][0-9]{0,9}(:[1-9][0-9]{0,9})?)?$",
        description="Runs as this user, without right to contents: a name, or numbers user:group; empty = the gateway's.",
    )
    origin: str = Field(
        "http://localhost:8026",
        pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$",
        description="What staff type into the browser; passkeys belong to this name for good.",
    )
    peers: tuple[Peer, ...] = Field((ip_network("127.0.0.0/8"), ip_network("::1")), description="Who may connect. Nobody else.")
    certificate: str = Field("", description="PEM file; empty = no TLS, and then only on 127.0.0.1 or ::1.")
    key: str = ""
    client_ca: str = Field("", description="PEM file of a CA: only devices with a certificate of it connect (AC-09).")
    proxies: tuple[Peer, ...] = Field(
        (), description="Reverse proxies in front: then only they connect, and say by X-Forwarded-For for whom."
    )
    banner: str = Field(
        "この画面は許可された職員だけが利用できます。操作はすべて記録されます。", description="Shown before signing in (AC-01)."
    )
    idle_minutes: float = Field(15, gt=0, le=480, description="Signed out after this long without a request.")
    session_hours: float = Field(8, gt=0, le=24, description="Signed out at the latest.")
    elevation_minutes: float = Field(30, gt=0, le=120, description="How long privileged work goes on after confirming (AC-05).")
    second_factor: bool = Field(True, description="Everybody but plain staff needs one (AC-07).")
    api_requests: float = Field(300, gt=0, description="Requests a minute of one token of the API; more get 429.")
    api_file: Size = Field(30 << 20, description="Largest file that the API sanitises.")

    @model_validator(mode="after")
    def _tls_where_others_listen(self) -> ConsoleSettings:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key belong together")
        if not self.certificate and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("needs certificate and key on any other address than 127.0.0.1")
        if self.client_ca and not self.certificate:
            raise ValueError("client_ca needs certificate and key: else the proxy in front asks for the device's certificate")
        if self.certificate and not self.origin.startswith("https://"):
            raise ValueError("origin must begin with https:// when there is a certificate")
        return self


class Settings(_Model):
    hostname: str = Field("mugai.city.example.lg.jp", description="Our name in EHLO, Received and Message-ID.")
    organisation: str = Field("例示市", description="Shown in notices.")
    state_directory: Path = Field(Path("var"), description="Spool, database, keys; relative to the working directory.")
    policy: str = Field("", description="Policy file; empty = policy.yaml beside this file.")
    notices: str = Field("", description="Folder of the notice templates; empty = notices/ beside this file.")
    free_mail: str = Field("", description="List of free mail domains (ML-07); empty = free_mail.txt beside this file.")
    reports: str = Field("", description="Folder of the incident report templates; empty = reports/ beside this file.")
    self_check: str = Field("", description="What sections are asked (AU-02); empty = self_check.yaml beside this file.")
    playbooks: str = Field("", description="The plan for emergencies (IN-04); empty = playbooks.yaml beside this file.")
    originals_at: str = Field(
        "インターネット接続系のメール無害化装置", description="Where staff find the original; shown in notices."
    )
    digest_at: str = Field(
        "08:30",
        pattern=r"^(?:(?:[01]\d|2[0-3]):[0-5]\d)?$",
        description="Daily list of held mail to its recipients; empty = none.",
    )
    inbound: ListenerSettings = ListenerSettings()
    outbound: _OutboundListener = _OutboundListener()
    smtp: SmtpSettings = SmtpSettings()
    sandbox: SandboxSettings = SandboxSettings()
    clamav: ClamavSettings = ClamavSettings()
    queue: QueueSettings = QueueSettings()
    retention: RetentionSettings = RetentionSettings()
    identity: IdentitySettings = IdentitySettings()
    ldap: LdapSettings = LdapSettings()
    oidc: OidcSettings = OidcSettings()
    seal: SealSettings = SealSettings()
    workflow: WorkflowSettings = WorkflowSettings()
    contacts: dict[Role, tuple[Address, ...]] = Field(
        {}, description="By role, e.g. csirt: [csirt@city.example.lg.jp]: who is told where the directory names nobody."
    )
    segments: SegmentSettings = SegmentSettings()
    audit: AuditSettings = AuditSettings()
    volume: VolumeSettings = VolumeSettings()
    integrity: IntegritySettings = IntegritySettings()
    journal: JournalSettings = JournalSettings()
    backup: BackupSettings = BackupSettings()
    health: HealthSettings = HealthSettings()
    alerts: AlertSettings = AlertSettings()
    regular_reports: ReportSettings = ReportSettings()
    signatures: SignatureSettings = SignatureSettings()
    console: ConsoleSettings = ConsoleSettings()

    def place(self, name: str) -> Path:
        """A path in the state directory; an absolute `name` stays as it is."""
        return self.state_directory / name


# if nothing is said
PLACES = {
    "policy": "policy.yaml",
    "free_mail": "free_mail.txt",
    "notices": "notices",
    "reports": "reports",
    "playbooks": "playbooks.yaml",
    "self_check": "self_check.yaml",
}


def load(path: Path) -> Settings:
    """Raises BadConfiguration."""
    document = yaml_file.read(path)
    try:
        settings = Settings.model_validate(document.values)
    except ValidationError as error:
        raise BadConfiguration(yaml_file.problems_of(error, document)) from None
    if problems := list(_contradictions(settings, document)):
        raise BadConfiguration(problems)
    places = {name: str(_beside(document, name) / (getattr(settings, name) or usual)) for name, usual in PLACES.items()}
    return settings.model_copy(update=places)


def _beside(document: Document, name: str) -> Path:
    """The folder of the file that says where something is: a profile's own, or the one that it lies over."""
    return Path(document.file_of(name)).resolve().parent


def trust_anchors(settings: Settings) -> tuple[str, ...]:
    """The text of each PEM file of the folder, each tried once.  Raises BadConfiguration."""
    folder, problems, texts = settings.signatures.trust_anchors, list[Problem](), list[str]()
    for file in sorted(Path(folder).iterdir()) if folder and Path(folder).is_dir() else ():
        try:
            texts.append(file.read_text("ascii"))
            load_pem_x509_certificates(texts[-1].encode())
        except (OSError, ValueError) as error:
            problems.append(Problem(str(file), 0, "", f"is no certificate in PEM form: {error}", "convert it: openssl x509"))
    if problems:
        raise BadConfiguration(problems)
    return tuple(texts)


def _contradictions(settings: Settings, document: Document) -> Iterator[Problem]:
    """What each value alone does not show."""
    ours = {(listener.host, listener.port) for listener in (settings.inbound, settings.outbound) if listener.port}
    if settings.inbound.port and (settings.inbound.host, settings.inbound.port) == (
        settings.outbound.host,
        settings.outbound.port,
    ):
        yield document.problem("outbound.port", "is the inbound listener's", "give each direction its own address or port")
    for side in ("inbound", "outbound"):
        listener: ListenerSettings = getattr(settings, side)
        hop = (listener.next_hop.host, listener.next_hop.port)
        if hop in ours:
            yield document.problem(
                f"{side}.next_hop", "is one of Mugai's own listeners: a mail loop", "name the mail server behind it"
            )
        for network in listener.peers:
            if side == "outbound" and network.prefixlen == 0:
                yield document.problem("outbound.peers", f"{network} is everybody: an open relay", "list your own mail servers")
        for key in ("certificate", "key"):
            file = getattr(listener, key)
            if file and not Path(file).is_file():
                yield document.problem(f"{side}.{key}", f"{file} does not exist", "give the path of a PEM file")
    if settings.signatures.trust_anchors and not Path(settings.signatures.trust_anchors).is_dir():
        yield document.problem("signatures.trust_anchors", "is no folder", "give a folder of PEM files, or leave it empty")
    if settings.seal.key and not Path(settings.seal.key).is_file():
        yield document.problem("seal.key", f"{settings.seal.key} does not exist", "give the path of a PEM file")
    console = settings.console
    for key in ("certificate", "key", "client_ca"):
        file = getattr(console, key)
        if file and not Path(file).is_file():
            yield document.problem(f"console.{key}", f"{file} does not exist", "give the path of a PEM file")
    if console.port and (console.host, console.port) in ours | {(settings.health.host, settings.health.port)}:
        yield document.problem("console.port", "is another listener's", "give the console its own address or port")
    if settings.queue.first_retry > settings.queue.longest_retry:
        yield document.problem("queue.first_retry", "is longer than longest_retry")
