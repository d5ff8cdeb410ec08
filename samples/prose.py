"""HTML and tables with threats that are words: scripts, hidden text, cells that a spreadsheet runs (section 7, D12, D17)."""

from __future__ import annotations

from collections.abc import Iterator

from samples.sample import Sample, canary

_HTML = (
    ("script", "<script>{}</script>"),
    ("script-in-svg", "<svg><script>{}</script></svg>"),
    ("event", '<p onclick="{}">押す</p>'),
    ("style", "<style>p{{background:url(https://example.jp/{})}}</style>"),
    ("style-attribute", '<p style="background:url(https://example.jp/{})">文</p>'),
    ("meta-refresh", '<meta http-equiv="refresh" content="0;url=https://example.jp/{}">'),
    ("base", '<base href="https://example.jp/{}/">'),
    ("frame", '<iframe src="https://example.jp/{}"></iframe>'),
    ("frame-document", '<iframe srcdoc="<p>{}</p>"></iframe>'),
    ("object", '<object data="https://example.jp/{}"></object>'),
    ("form", '<form action="https://example.jp/{}"><input type="hidden" value="{}"></form>'),
    ("picture", '<img src="https://example.jp/{}.gif" width="1" height="1">'),
    ("data-link", '<a href="data:text/html,{}">開く</a>'),
    ("javascript-link", '<a href="javascript:{}">開く</a>'),
    ("template", "<template>{}</template>"),
    ("not-displayed", '<div style="display:none">{}</div>'),
    ("no-size", '<span style="font-size:0">{}</span>'),
    ("no-opacity", '<span style="opacity:0">{}</span>'),
    ("white-on-white", '<p style="color:#fff;background:#ffffff">{}</p>'),
    ("hidden-attribute", "<div hidden>{}</div>"),
    ("hidden-by-class", "<style>.h{{display:none}}</style><p class=h>{}</p>"),
    ("comment", "<!-- {} -->"),
    ("conditional-comment", "<!--[if mso]>{}<![endif]-->"),
)
_CSV = "項目,値\r\n=HYPERLINK(\"https://example.jp\"),1\r\n+1+cmd|' /C calc'!A0,-5\r\n＝1+1,@SUM(A1)\r\n"


def samples() -> Iterator[Sample]:
    for slot, markup in _HTML:
        mark = canary(f"html/{slot}.html")
        page = f"<html><head><meta charset=utf-8></head><body><p>お知らせ</p>{markup.replace('{}', mark)}</body></html>"
        page = page.replace("{{", "{").replace("}}", "}")
        yield Sample(f"hostile/html/{slot}.html", "H1", slot, page.encode(), mark)
    yield Sample("hostile/text/formulas.csv", "D17", "cells that run", _CSV.encode("cp932"))
    yield Sample("japanese/cp932.txt", "J3", "NEC and IBM extensions", "①㈱髙﨑～－∥\r\n".encode("cp932"), verdict="")
    hidden = f"送金先\u202e{'123'}\u202c\u200b\r\n"
    yield Sample("hostile/text/bidi.txt", "F2", "bidirectional controls", hidden.encode())
