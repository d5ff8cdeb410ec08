"""A sheet: what is counted or registered, as text, CSV for Excel, HTML, and PDF by LibreOffice; every paper says the same.

For what an office files or hands over.  Every value is escaped, and is a text in Excel.  Raises NoPaper (no LibreOffice here).
"""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from gateway.clock import JST
from gateway.evidence.export import BOM, guarded
from gateway.soffice import installed
from gateway.visible import visible

FORMS = ("text", "csv", "html", "pdf")
_RULED = '<table border="1" cellspacing="0" width="100%"'  # LibreOffice takes these for a table, and no style's border or width
PDF_SECONDS = 180.0  # one document of ours takes a few; a busy machine is slower


class NoPaper(Exception):
    """A PDF can not be made here; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Sheet:
    title: str
    about: tuple[str, ...]  # lines above the table: who, when, for what
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: Mapping[str, str] = field(default_factory=dict)  # of words, where paper can be clicked
    foot: tuple[str, ...] = ()  # to be signed


def write(sheet: Sheet, form: str) -> bytes:
    match form:
        case "csv":
            return table(sheet).encode()
        case "html":
            return page(sheet).encode()
        case "pdf":
            return pdf(page(sheet))
        case _:
            return text(sheet).encode()


def text(sheet: Sheet) -> str:
    lines = [sheet.title, *sheet.about, ""]
    for row in sheet.rows:
        lines.append("  ".join(f"{name}: {_flat(value)}" for name, value in zip(sheet.head, row, strict=True) if value))
    lines += [] if sheet.rows else ["ありません。"]
    return "\n".join((*lines, "", *sheet.foot)).rstrip("\n") + "\n"


def table(sheet: Sheet) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(sheet.head)
    writer.writerows([guarded(cell) for cell in row] for row in sheet.rows)
    return BOM + out.getvalue()


_PAGE = Markup(
    '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{title}</title><style>'
    "@page{{size:29.7cm 21cm;margin:1.5cm}}"
    "body{{font-family:'IPAPGothic','IPAGothic','Noto Sans CJK JP','BIZ UDPGothic',Meiryo,sans-serif;font-size:9pt}}"
    "h1{{font-size:14pt}}table{{border-collapse:collapse;width:100%}}"
    "th,td{{border:0.5pt solid #444;padding:2pt 4pt;text-align:left;vertical-align:top}}th{{background:#e6eeee}}"
    "</style></head><body><h1>{title}</h1>{about}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{foot}"
    "</body></html>\n"
)


def page(sheet: Sheet) -> str:
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(_cell(value, sheet.links)) for value in row))
        for row in sheet.rows
    )
    return str(
        _PAGE.format(
            title=sheet.title,
            about=_lines(sheet.about),
            head=Markup("").join(Markup("<th>{}</th>").format(each) for each in sheet.head),
            rows=rows,
            foot=_lines(sheet.foot),
        )
    )


def pdf(page: str) -> bytes:
    """Our own page, so LibreOffice needs no lock; a profile of its own, so it leaves nothing behind."""
    program = installed()
    if not program:
        raise NoPaper("a PDF needs LibreOffice (libreoffice-writer-nogui); take html and print it, or csv")
    folder = Path(tempfile.mkdtemp(prefix="mugai-paper-"))
    try:
        (folder / "sheet.html").write_text(page.replace("<table", _RULED), "utf-8")
        profile, export = f"-env:UserInstallation=file://{folder}/profile", "pdf:writer_pdf_Export"
        order = [program, profile, "--headless", "--norestore", "--infilter=HTML (StarWriter)"]
        order += ["--convert-to", export, "--outdir", str(folder), str(folder / "sheet.html")]
        for _ in range(2):  # the first start only writes a profile, and wants to be started again
            done = subprocess.run(order, capture_output=True, timeout=PDF_SECONDS, check=False)
            if (folder / "sheet.pdf").exists():
                return (folder / "sheet.pdf").read_bytes()
        raise NoPaper(f"LibreOffice made no PDF: {done.stderr.decode(errors='replace').strip()[-200:] or done.returncode}")
    except subprocess.TimeoutExpired:
        raise NoPaper("LibreOffice did not finish; try again, or take html and print it") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def moment(at: float) -> str:
    """As it stands on paper, in Japan; "" for never."""
    return datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M") if at else ""


def _cell(value: str, links: Mapping[str, str]) -> Markup:
    """Its lines, word by word."""
    lines = (line.split(" ") for line in visible(value).split("\n"))
    return Markup("<br>").join(Markup(" ").join(_word(word, links.get(word, "")) for word in line) for line in lines)


def _word(word: str, link: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(link, word) if link else Markup("{}").format(word)


def _lines(lines: tuple[str, ...]) -> Markup:
    return Markup("").join(Markup("<p>{}</p>").format(visible(line)) for line in lines)


def _flat(value: str) -> str:
    return visible(value).replace("\n", " ")
