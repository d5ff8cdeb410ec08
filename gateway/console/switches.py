"""What families of formats, constructs and settings are called on a page."""

from __future__ import annotations

from gateway.words import Words
from sanitizers.model import Setting

FAMILY_NAMES: dict[str, Words] = {
    "office": Words("Word・Excel・PowerPoint", "Office documents"),
    "pdf": Words("PDF", "PDF"),
    "image": Words("画像", "Pictures"),
    "html": Words("HTML ファイル", "HTML files"),
    "body": Words("メール本文", "The text of mails"),
}
CONSTRUCTS: dict[str, Words] = {
    "hyperlinks": Words("リンク (http・https・mailto だけ)", "links (http, https, mailto only)"),
    "comments": Words("コメント・注釈", "comments and notes"),
    "tracked_changes": Words("変更履歴", "tracked changes"),
    "hidden_sheets": Words("非表示のシート・スライド", "hidden sheets and slides"),
    "metadata": Words("作成者・撮影場所などの情報", "author, place and the like"),
    "forms": Words("入力欄", "form fields"),
    "layers": Words("表示切り替えのレイヤー", "layers"),
    "macros": Words("マクロ", "macros"),
    "controls": Words("ActiveX・フォーム部品", "ActiveX and form controls"),
    "embedded_files": Words("埋め込み・添付されたファイル", "embedded or attached files"),
    "external_links": Words("外部のファイル・データ・画像の読み込み", "files, data, pictures from outside"),
    "commands": Words("DDE・自動で動くフィールド・外に出る数式", "DDE, automatic fields, formulas that reach outside"),
    "scripts": Words("スクリプト・自動で動く操作", "scripts and automatic actions"),
    "add_ins": Words("アドイン・独自メニュー", "add-ins, custom ribbons"),
    "multimedia": Words("音声・動画・3D", "sound, film, 3D"),
    "signatures": Words("電子署名 (作り直すと無効になる)", "signatures (a rebuilt file invalidates them)"),
    "hidden_content": Words("隠された内容・古い版", "hidden content, earlier revisions"),
}
EXPLANATIONS: dict[str, Words] = {  # what becomes of it; a family's own words go first
    "hyperlinks": Words("ほかのリンク (file: など) は常に除去します。", "Other links (file: and the like) always go."),
    "body.hyperlinks": Words("「ラベル <hxxps://…>」と示します。", "Shown as the label with the address as text."),
    "html.hyperlinks": Words("「ラベル <hxxps://…>」と示します。", "Shown as the label with the address as text."),
    "comments": Words("除去すると、やり取りの跡がなくなります。", "Removed: no traces of a discussion leave."),
    "tracked_changes": Words("除去すると、変更を承諾した形になります。", "Removed: the changes are accepted."),
    "hidden_sheets": Words(
        "名簿などが残りやすい所です。調査票では入力規則に使われます。", "Where lists are forgotten; survey forms stand on them."
    ),
    "metadata": Words("機密性の表示は残します。", "A stated class stays."),
    "image.metadata": Words("GPS の位置、機種、撮影日時など。", "Place, camera, time."),
    "forms": Words(
        "動作は常に除去します。除去すると見た目だけが残ります。", "Their actions always go; removed, their looks stay."
    ),
    "html.forms": Words("添付の HTML の入力欄は、多くが詐欺です。", "In attached HTML mostly phishing."),
    "layers": Words("除去すると、すべてを表示した形になります。", "Removed: all of them are shown."),
    "macros": Words("VBA と Excel 4.0 マクロ。残すことはできません。", "VBA and Excel 4.0; can not be kept."),
    "controls": Words("ボタンなどの部品。残すことはできません。", "Buttons and the like; can not be kept."),
    "embedded_files": Words("中のファイルは無害化できないので取り除きます。", "The files in it are taken out."),
    "office.embedded_files": Words(
        "中の Word・Excel・PowerPoint は作り直して残し、ほかは除去します。",
        "Word, Excel, PowerPoint inside are rebuilt and stay; others go.",
    ),
    "external_links": Words("開くだけで外と通信するもの。", "What talks to the outside when opened."),
    "commands": Words("開く・更新するだけで動くもの。計算結果は残ります。", "What runs on opening; results stay."),
    "scripts": Words("開く・クリックするだけで動くもの。", "What runs on opening or on a click."),
    "add_ins": Words("独自メニューと、その動作。", "Custom menus and what they do."),
    "multimedia": Words("再生する側の弱点を突かれやすいもの。", "Players are easily attacked."),
    "signatures": Words("だれの署名だったかは通知に残ります。", "Whose signature it was stands in the notice."),
    "hidden_content": Words("見えないのに取り出せるもの。", "Not shown, but can be taken out."),
}
SETTINGS: dict[Setting, Words] = {
    Setting.KEEP: Words("残す", "kept"),
    Setting.REMOVE: Words("除去して届ける", "removed"),
    Setting.BLOCK: Words("ファイルごと届けない", "blocks the file"),
}
