"""What no sanitiser treats: never delivered, with the reason that staff and reviewer need.

Encrypted contents are LOCKED (a password or key is wanted), everything else is WITHHELD.  The words are English, for
the reviewer and the log; clerks read the reason's text in `config/notices`.
"""

from __future__ import annotations

from typing import NoReturn

from sanitizers.detect import UNKNOWN, dangerous, hull, mismatched
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Part, Reason, Refused, Treatment, Verdict

_LOCKED = {
    "application/pkcs7-mime": "S/MIME message, encrypted for its recipient",
    "application/pgp-encrypted": "PGP message, encrypted for its recipient",
}
_EXECUTABLE = {
    "application/vnd.microsoft.portable-executable": "Windows program (MZ)",
    "application/x-elf": "Linux program (ELF)",
    "application/x-mach-binary": "macOS program (Mach-O)",
    "application/java-vm": "Java class or universal Mach-O",
    "application/java-archive": "Java archive",
    "application/vnd.android.package-archive": "Android application",
    "application/vnd.android.dex": "Android program",
    "application/vnd.ms-appx": "Windows application package",
    "application/wasm": "WebAssembly program",
    "application/x-msi": "Windows Installer package",
    "application/x-ms-shortcut": "Windows shortcut",
    "application/vnd.ms-htmlhelp": "compiled HTML help, runs scripts",
    "application/winhlp": "Windows help, runs macros",
    "application/vnd.adobe.flash.movie": "Flash program",
    "application/x-chrome-extension": "browser extension",
    "application/x-script": "script",
    "application/x-windows-script": "Windows script or HTML application",
    "application/x-windows-action": "file that changes Windows or opens a place when clicked",
    "application/x-web-query": "Excel web query",
}
_IMAGES = {  # Windows opens them like a folder, past every mark of the web
    "application/x-virtual-disk": "virtual disk",
    "application/x-iso9660-image": "disc image",
    "application/x-ms-wim": "Windows image",
    "application/x-apple-diskimage": "macOS disc image",
}
_PACKED = {  # by what libarchive does not read
    "application/x-arj": "ARJ archive",
    "application/x-ace-compressed": "ACE archive",
    "application/x-alz": "ALZ archive",
}
_NOT_ALLOWED = {
    "message/partial": "piece of a mail whose other pieces come separately",
    "message/external-body": "pointer to a content elsewhere",
    "application/onenote": "OneNote section, carries files of any kind",
    "application/mbox": "mailbox of several mails",
    "application/vnd.ms-outlook-pst": "Outlook data file",
    "application/msword": "Word 97-2003 document",
    "application/vnd.ms-excel": "Excel 97-2003 workbook",
    "application/vnd.ms-powerpoint": "PowerPoint 97-2003 presentation",
    "application/vnd.visio": "Visio drawing",
    "application/vnd.ms-visio.drawing": "Visio drawing",
    "application/vnd.ms-visio.drawing.macroEnabled.12": "Visio drawing",
    "application/x-mspublisher": "Publisher publication",
    "application/vnd.wordperfect": "WordPerfect document",
    "application/vnd.ms-works": "Works document",
    "application/x-mswrite": "Write document",
    "application/vnd.apple.iwork": "iWork document",
    "application/vnd.stardivision.draw": "StarOffice drawing",
    "application/vnd.ms-project": "Project plan",
    "application/x-msaccess": "Access database",
    "application/vnd.fujixerox.docuworks": "DocuWorks document",
    "application/vnd.fujixerox.docuworks.binder": "DocuWorks binder",
    "application/vnd.fujixerox.docuworks.container": "DocuWorks container",
    "application/x-hwp": "Hangul document",
    "application/rtf": "RTF document",
    "application/x-flat-opc": "Office document in one XML file",
    "application/x-opendocument-package": "OpenDocument package or extension without a type",
    "application/x-sylk": "SYLK sheet, runs macros in Excel",
    "application/postscript": "PostScript, a program that draws",
    "image/vnd.dwg": "AutoCAD drawing (DWG)",
    "application/x-jww": "Jw_cad drawing",
    "application/dicom": "medical picture (DICOM)",
}


def called(detected: str) -> str:
    return _NOT_ALLOWED.get(detected, "file")


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> NoReturn:
    """Raises Refused, always."""
    findings = Findings()
    if ending := mismatched(detected, part.names or (part.name,)):
        findings.add(Kind.TYPE_MISMATCH, "", f"named {ending}, is {detected}", Treatment.KEPT)
    reason, words, verdict = _why(content, part, detected)
    raise Refused(reason, f"{words} [{detected}]", verdict, findings.all())


def _why(content: bytes, part: Part, detected: str) -> tuple[Reason, str, Verdict]:
    if detected in _LOCKED:
        return Reason.UNDECRYPTABLE, _LOCKED[detected], Verdict.LOCKED
    if hull.is_self_extracting(content):
        return Reason.SELF_EXTRACTING, "program that unpacks itself", Verdict.WITHHELD
    if detected in _IMAGES:
        return Reason.DISC_IMAGE, _IMAGES[detected], Verdict.WITHHELD
    if detected == UNKNOWN and hull.is_volume(content, part.names or (part.name,)):
        return Reason.SPLIT_VOLUME, "one volume of a split archive", Verdict.WITHHELD
    if detected in _PACKED:
        return Reason.NO_UNPACKER, _PACKED[detected], Verdict.WITHHELD
    if detected in _EXECUTABLE:
        return Reason.EXECUTABLE, _EXECUTABLE[detected], Verdict.WITHHELD
    if detected in _NOT_ALLOWED:
        return Reason.TYPE_NOT_ALLOWED, _NOT_ALLOWED[detected], Verdict.WITHHELD
    if ending := dangerous(part.names or (part.name,)):
        return Reason.EXECUTABLE, f"named {ending}, which a double click runs", Verdict.WITHHELD
    if detected == UNKNOWN:
        return Reason.UNKNOWN_TYPE, "no known format", Verdict.WITHHELD
    return Reason.TYPE_NOT_ALLOWED, "a type that is not delivered", Verdict.WITHHELD
