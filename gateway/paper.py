"""A sheet: what is counted or registered, as text, CSV for Excel, HTML, and PDF by LibreOffice; every paper says the same.

For what an office files or hands over.  Every value is escaped, and is a text in Excel.  Raises NoPaper (no LibreOffice here).
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from gateway.clock import JST
from gateway.evidence.export import BOM, guarded
from gateway.soffice import installed, kill
from gateway.visible import visible

FORMS = ("text", "csv", "html", "pdf")
PDF_SECONDS = 180.0  # one document of ours takes a few; a busy machine is slower
WIDEST = 36  # columns of a terminal: a cell with a longer line has several lines
# LibreOffice takes these for a table, and no style's border or width; its rows are not broken over two pages
_RULED = '<table border="1" cellspacing="0" cellpadding="3" width="100%"'
_BROKEN, _WHOLE = 'table-row-properties fo:keep-together="auto"', 'table-row-properties fo:keep-together="always"'
_PAGED = Markup(
    '<body><div title="header"><p>{}</p></div><div title="footer"><p align="right"><br>{}　'
    "<sdfield type=page subtype=random format=page>1</sdfield> / "
    "<sdfield type=docstat subtype=page format=page>1</sdfield></p></div>"
)


# receipts, dates and clauses, at whose hyphens LibreOffice would break a line; what is copied out of the PDF has a plain hyphen
_WORDS = re.compile(r"(?<=>)[^<]+")
_NUMBER = re.compile(r"\b\d{8}-[0-9A-Z]{4,8}\b|\b\d{4}-\d\d-\d\d\b|\b[A-Z]{2,3}-\d\d\b")


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


async def write(sheet: Sheet, form: str) -> bytes:
    match form:
        case "csv":
            return table(sheet).encode()
        case "html":
            return page(sheet).encode()
        case "pdf":
            return await pdf(page(sheet), sheet.title, "".join(sheet.about[:1]))
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
    "th,td{{border:0.5pt solid #444;padding:2pt 4pt;text-align:left;overflow-wrap:anywhere}}"
    "td{{vertical-align:top}}th{{background:#e6eeee}}"
    "</style></head><body><h1>{title}</h1>{about}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{foot}"
    "</body></html>\n"
)


def page(sheet: Sheet) -> str:
    rows = Markup("").join(
        Markup('<tr valign="top">{}</tr>').format(
            Markup("").join(Markup("<td>{}</td>").format(_cell(value, sheet.links)) for value in row)
        )
        for row in sheet.rows
    )
    return str(
        _PAGE.format(
            title=sheet.title,
            about=_lines(sheet.about),
            head=Markup("").join(
                Markup('<th width="{}%">{}</th>').format(*each)
                for each in zip(widths(sheet.head, sheet.rows), sheet.head, strict=True)
            ),
            rows=rows,
            foot=_lines(sheet.foot),
        )
    )


def widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Of each hundred, by what stands in the columns."""
    longest = [max(_columns(line) for cell in cells for line in cell.split("\n")) for cells in zip(head, *rows, strict=True)]
    shares = [min(each, WIDEST) + 3 for each in longest]  # 3: its padding, and letters that are wider
    return tuple(100 * share // sum(shares) for share in shares)


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)


def printer() -> str:
    """The program that makes a PDF.  Raises NoPaper."""
    if program := installed():
        return program
    raise NoPaper("a PDF needs LibreOffice (libreoffice-writer-nogui); take html and print it, or csv")


async def pdf(page: str, head: str, foot: str) -> bytes:
    """Our own page, so LibreOffice needs no lock; a profile of its own, so it leaves nothing behind.

    `head` stands above each page, `foot` and the number of the page below."""
    program, folder = printer(), Path(tempfile.mkdtemp(prefix="mugai-paper-"))
    try:
        ruled = unbroken(page).replace("<table", _RULED).replace("<wbr>", "<br>")  # it takes no <wbr> into account
        ruled = ruled.replace("<body>", _PAGED.format(head, foot), 1)
        (folder / "sheet.html").write_text(ruled, "utf-8")
        async with asyncio.timeout(PDF_SECONDS):
            # its own document first: straight from HTML only the first page would have head and foot
            await _convert(program, folder, "sheet.html", "fodt", "--infilter=HTML (StarWriter)")
            document = (folder / "sheet.fodt").read_text("utf-8")
            (folder / "sheet.fodt").write_text(document.replace(_BROKEN, _WHOLE), "utf-8")
            await _convert(program, folder, "sheet.fodt", "pdf:writer_pdf_Export")
        return (folder / "sheet.pdf").read_bytes()
    except TimeoutError:
        raise NoPaper("LibreOffice did not finish; try again, or take html and print it") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unbroken(page: str) -> str:
    """With hyphens that break no line, in what is read; addresses behind links stay."""

    def whole(words: re.Match[str]) -> str:
        return _NUMBER.sub(lambda found: found[0].replace("-", "\N{NON-BREAKING HYPHEN}"), words[0])

    return _WORDS.sub(whole, page)


async def _convert(program: str, folder: Path, source: str, target: str, *more: str) -> None:
    order = (f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore", *more)
    made = (folder / source).with_suffix(f".{target.partition(':')[0]}")
    for _ in range(2):  # the first start only writes a profile, and wants to be started again
        process = await asyncio.create_subprocess_exec(
            *(program, *order, "--convert-to", target, "--outdir", str(folder), str(folder / source)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            _, said = await process.communicate()
        finally:
            if process.returncode is None:  # whoever asked has stopped waiting
                await kill(process)
        if made.exists():
            return
    raise NoPaper(f"LibreOffice made no PDF: {said.decode(errors='replace').strip()[-200:] or process.returncode}")


def moment(at: float) -> str:
    """As it stands on paper, in Japan; "" for never."""
    return datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M") if at else ""


def _cell(value: str, links: Mapping[str, str]) -> Markup:
    """Its lines, word by word."""
    lines = (line.split(" ") for line in visible(value).split("\n"))
    return Markup("<br>").join(Markup(" ").join(_word(word, links.get(word, "")) for word in line) for line in lines)


def _word(word: str, link: str) -> Markup:
    """A digest may be broken, or its column would crowd out the others."""
    pieces = [word[at : at + WIDEST] for at in range(0, len(word), WIDEST)] if word.isascii() else [word]
    shown = Markup("<wbr>").join(pieces)
    return Markup('<a href="{}">{}</a>').format(link, shown) if link else shown


def _lines(lines: tuple[str, ...]) -> Markup:
    return Markup("").join(Markup("<p>{}</p>").format(visible(line)) for line in lines)


def _flat(value: str) -> str:
    return visible(value).replace("\n", " ")
