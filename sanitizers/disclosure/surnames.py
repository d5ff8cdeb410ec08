"""Japanese names by their characters: the most frequent surnames, and what given names are written with.

Own compact lists: surnames that more than half of the people bear.
Who has a rarer name is missed: counts are a guide.
"""

from __future__ import annotations

from itertools import takewhile

_LISTED = """
    佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 斉藤 清水 山崎 森
    池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村 藤井
    金子 岡本 藤原 中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 酒井 宮崎 横山 高木
    安藤 宮本 大野 小島 谷口 今井 工藤 高田 増田 丸山 杉山 村田 大塚 新井 小山 平野 藤本 河野 上野 野口 武田 松井
    千葉 菅原 岩崎 木下 久保 佐野 野村 松尾 市川 菊地 杉本 古川 大西 島田 水野 桜井 高野 渡部 吉川 山内 西田 飯田
    菊池 西川 小松 北村 安田 五十嵐 川口 平田 関 中田 久保田 服部 東 岩田 土屋 川崎 福島 本田 辻 樋口 秋山 田口 永井
    山中 中西 吉村 川上 石原 大橋 松岡 馬場 浜田 森本 星野 矢野 浅野 大久保 吉岡 小池 野田 荒木 大谷 松浦 熊谷 小沢
    黒田 山根 堀 尾崎 望月 永田 内藤 松村 西山 大川 菅野 石橋 田辺 大島 平井 荒井 早川 岡崎 堀内 片山 松下 須藤 中井
    本間 小田 栗原 飯塚 横田 岡 松永 小西 成田 児玉 富田 大石 小原 宮田 高山 川村 萩原 八木 篠原 津田 杉浦 星 神田
    青山 桑原 関口 堀江 榎本 奥村 大森 上原 根本 白石 渡邊 渡邉 齋藤 齊藤 髙橋 澤田 渡会 坂口 小倉 福井 白井 川島
    須田 奥田 志村 日高 黒木 長友 甲斐 岩本 河合 吉野 天野 沢田 宇野 川田 戸田 森下 広瀬 栗田 三宅 谷 滝沢 長田 相馬
    笠原 岩井 植田 西沢 小泉 稲垣 浅井 野中 竹田 田島 梅田 宮下 塚本 三好 鎌田 福岡 今村 奥山 北川 大和田
"""
_SURNAMES = frozenset(_LISTED.split())
_GIVEN = frozenset(
    "一二三四五六七八九十郎朗太大介輔助祐佑裕雄男夫生彦樹紀記喜希貴輝光晃明昭章彰亮良涼遼凌諒健賢謙憲研建拳剛豪武猛"
    "勇勲修秀英俊駿舜春夏秋冬隆孝考高崇尚正政雅昌将匡真誠慎信伸進晋仁人史志司士至純淳潤順準聡智知哲徹鉄透達辰竜龍隼"
    "翔翼空海陸蓮蒼碧颯奏湊岳登昇恵絵江枝栄永衛悦香花華果佳加可嘉歌薫馨桂京恭杏梓葵茜彩綾文愛藍沙紗咲早幸佐里理莉梨"
    "利李璃瑠留美実未珠奈菜那南波葉羽久玖子代世弥矢也哉耶野乃之能敬啓圭慶景敏寿年義吉芳好由友有優悠侑結唯衣依伊千治"
    "晴陽遥日向洋広弘宏浩博寛功巧匠工克勝和穂保帆歩萌望桃百合桜蘭凛凜鈴玲怜澪雫静靖康泰安道典則徳範法規乙丸宗清潔澄"
    "月星心琴詩音響楓柚芽若茂繁滋重稔豊富次倫律礼麗令伶綺妃姫麻茉舞毎万満充貞定禎忠直尊守護磨麿斗都徒途亜津須菊鶴松"
    "竹梅織緒暖晶諭允右左壮昂旭栞楽湖瞳笑紅紫耕聖芙苑蕗邦郁雛雨露馬騎鷹季深水泉"
)
_LONGEST_GIVEN = 3
_SHORTEST = 3  # characters


def is_surname(word: str) -> bool:
    return word in _SURNAMES


def is_name(word: str) -> bool:
    return len(word) in name_lengths(word)


def name_lengths(text: str) -> set[int]:
    """Of all names with which `text` begins: a surname of the list and one to three characters of given names, at least three
    in all."""
    found = set[int]()
    for length in (1, 2, 3):
        if text[:length] in _SURNAMES:
            given = takewhile(_GIVEN.__contains__, text[length : length + _LONGEST_GIVEN])
            found |= {end for end, _ in enumerate(given, length + 1) if end >= _SHORTEST}
    return found
