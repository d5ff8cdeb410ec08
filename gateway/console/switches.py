"""What families of formats, constructs and settings are called on a page."""

from __future__ import annotations

from gateway.console.words import Words
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
SETTINGS: dict[Setting, Words] = {
    Setting.KEEP: Words("残す", "kept"),
    Setting.REMOVE: Words("除去して届ける", "removed"),
    Setting.BLOCK: Words("ファイルごと届けない", "blocks the file"),
}
