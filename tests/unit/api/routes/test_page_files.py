"""The files of a page, joined at the start: one script and one style, which a browser keeps."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.routes.page import FOLDER
from api.routes.page_files import files_of, joined_script


def test_a_page_s_script_holds_each_file_that_it_needs_once() -> None:
    (script,) = [text.decode() for name, text in files_of(FOLDER, "index").items() if name.endswith(".js")]
    names = [file.stem for file in FOLDER.glob("*.js") if file.stem != "status"]
    assert {name: script.count(f"const from_{name} = ") for name in names} == dict.fromkeys(names, 1)
    assert (
        script.index("const from_dom = ") < script.index("const from_answer = ") < script.index("const from_index = ")
    )
    assert "\nimport " not in script
    assert "\nexport " not in script


def test_names_of_one_file_do_not_reach_another(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("const own = 1;\nexport const two = () => own + 1;\nexport class Three {}\n")
    (tmp_path / "index.js").write_text('import { two, Three } from "./one.js";\nconst own = two();\n')
    assert joined_script(tmp_path, "index") == (
        "const from_one = (() => {\nconst own = 1;\nconst two = () => own + 1;\nclass Three {}\n\n"
        "return { two, Three };\n})();\n\n"
        "const from_index = (() => {\nconst { two, Three } = from_one;\nconst own = two();\n\nreturn {  };\n})();\n"
    )


def test_files_that_import_one_another_are_named(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text('import { b } from "./two.js";\n')
    (tmp_path / "two.js").write_text('import { a } from "./one.js";\n')
    with pytest.raises(ValueError, match="one -> two -> one"):
        joined_script(tmp_path, "one")


def test_a_browser_keeps_a_file_and_another_release_s_has_another_name(client: TestClient, tmp_path: Path) -> None:
    for name, content in {**files_of(FOLDER, "index"), **files_of(FOLDER, "status")}.items():
        answer = client.get(f"/playground/{name}")
        assert answer.content == content
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/").headers["cache-control"] == client.get("/playground/icon.svg").headers["cache-control"]
    for name in ("playground.css", "index.css", "index.js"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes().replace(b"import", b"//"))
    before = files_of(tmp_path, "index")
    (tmp_path / "index.js").write_text("const other = 1;\n")
    assert len(before.keys() & files_of(tmp_path, "index").keys()) == 1
