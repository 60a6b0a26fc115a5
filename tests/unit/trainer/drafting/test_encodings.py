"""The encoding of a CSV file is found by how its letters stand; what decodes to the right names is right."""

import random

import pytest

from trainer.drafting.encodings import encoding_of

TABLES = {
    "cp1252": "Straße,Größe,Preis\nMünchen,groß,1 €\nCafé,été,2 £\nÉcole,naïf,3 m³\nNuñez,¿qué?,4\n’Ørsted’,“x”,5 µg\n",
    "mac_roman": "Straße,Größe,Preis\nMünchen,groß,1 €\nCafé,été,2 £\nÉcole,naïf,3\nNuñez,qué,4\n",
    "cp850": "Straße,Größe,Preis\nMünchen,groß,1\nCafé,été,2 £\nÉcole,naïf,3\nNuñez,qué,4\n",
    "cp1250": "miasto,kolor,cena\nŁódź,żółty,1\nKraków,błękitny,2\nGdańsk,czerwony,3\n",
    "iso8859_2": "město,barva,cena\nPlzeň,žlutá,1\nOstrava,šedá,2\nÚstí,růžová,3\nTřebíč,bílá,4\n",
    "cp1254": "şehir,renk,fiyat\nİstanbul,kırmızı,1\nMuğla,yeşil,2\nDüzce,açık,3\n",
    "cp1257": "miestas,spalva,kaina\nŠiauliai,žalia,1\nPanevėžys,mėlyna,2\nKaišiadorys,šviesią,3\n",
    "euc_jp": "都市,色,価格\n東京,赤,1\n大阪,青,2\nさっぽろ,みどり,3\n",
    "cp1251": "город,цвет,цена\nМосква,красный,1\nКазань,синий,2\nОмск,зелёный,3\n",
    "koi8_r": "город,цвет,цена\nМосква,красный,1\nКазань,синий,2\nОмск,зелёный,3\n",
    "cp866": "город,цвет,цена\nМосква,красный,1\nКазань,синий,2\nОмск,зелёный,3\n",
    "cp1253": "πόλη,χρώμα,τιμή\nΑθήνα,κόκκινο,1\nΠάτρα,μπλε,2\n",
    "cp1256": "مدينة,لون,سعر\nالقاهرة,أحمر,1\nدبي,أزرق,2\n",
    "cp874": "เมือง,สี,ราคา\nกรุงเทพ,แดง,1\nเชียงใหม่,น้ำเงิน,2\n",
    "cp932": "都市,色,価格\n東京,赤,1\n大阪,青,2\nさっぽろ,みどり,3\n",
    "gb18030": "城市,颜色,价格\n北京,红色,1\n上海,蓝色,2\n广州,绿色,3\n",
    "big5": "城市,顏色,價格\n台北,紅色,1\n高雄,藍色,2\n",
    "cp949": "도시,색깔,가격\n서울,빨강,1\n부산,파랑,2\n",
}


@pytest.mark.parametrize("encoding", TABLES)
def test_a_table_of_any_script_is_read_with_its_letters(encoding: str) -> None:
    content = TABLES[encoding].encode(encoding)
    assert content.decode(encoding_of(content)) == TABLES[encoding]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1250", "město,žlutý,Říčany,Plzeň,Třebíč,šedá,růžová,Ústí"),
        ("cp1250", "cieľ,žltá,Košice,Trenčín,Ľubľana,kôň,päť"),
        ("cp1250", "Győr,kék,Szűcs,öt,Pécs,őszi,zöld"),
        ("cp1250", "Iaşi,Constanţa,Braşov,Bistriţa,Năsăud,roşu,Târgovişte"),
        ("cp1250", "Čakovec,Šibenik,Požega,Đakovo,žuta,Kuća"),
        ("cp1257", "Rīga,Liepāja,Jūrmala,Ventspils,Rēzekne,zaļš,dzeltens,sarkanšķ"),
        ("cp1252", "Århus,Tromsø,crème,Nuñez,São,Ærø,naïve,Forlì"),
        ("cp1252", "Borgarfjörður,þrír,Ísafjörður,gulur,Akranes,rauður,Vík,hvítt"),
        ("cp1252", "Þingvellir,Höfn,Selfoss,Egilsstaðir,blár,Keflavík,svört,grænn"),
        ("cp1252", "Köln,José,Málaga,Nuñez,Zürich,Peña,München,Córdoba"),
    ],
)
def test_the_language_decides_between_encodings_that_fit_alike(encoding: str, names: str) -> None:
    content = ("name,kind\n" + "".join(f"{name},{n}\n" for n, name in enumerate(names.split(",")))).encode(encoding)
    assert content.decode(encoding_of(content)) == content.decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        *(("cp1252", word) for word in ("größe", "T(°C)", "10 µm", "µg/m³", "don’t", "naïve—or", "ÄRGER", "50€")),
        *(("cp1252", word) for word in ("Øre", "Åsa", "„gut“", "5–6€", "Noël")),
        *(("mac_roman", word) for word in ("größe", "Café")),
        *(("cp850", word) for word in ("größe", "Café")),
        *(("cp1251", word) for word in ("цвет", "Да")),
    ],
)
def test_one_word_in_a_table_of_numbers_is_enough(encoding: str, word: str) -> None:
    content = (f"a,{word},kind\n" + "1,2,x\n3,4,y\n" * 9).encode(encoding)
    assert content.decode(encoding_of(content)).split(",")[1] == word


@pytest.mark.parametrize(
    "content",
    [b"\xe9" * 300_000, b"\xe9a" * 300_000, random.Random(1).randbytes(300_000), b"\x81\x8d\x8f\x90\x9d" * 1000],
    ids=["a word without an end", "short words", "no text", "no letter"],
)
def test_what_is_no_text_is_decoded_all_the_same(content: bytes) -> None:
    content.decode(encoding_of(content))
