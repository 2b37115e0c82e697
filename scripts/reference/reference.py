"""What the scripts of this folder share: where the tests are, and how a file of reference values looks."""
import json
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[2] / "Tests"


def write(target: str, name: str, modules: list, values: dict) -> None:
    """Writes Tests/<target>/References/<name>.json, with this script's name and the versions behind the values."""
    content = {
        "script": f"scripts/reference/{pathlib.Path(sys.argv[0]).name}",
        "versions": {"python": sys.version.split()[0]} | {module.__name__: module.__version__ for module in modules},
    } | values
    folder = TESTS / target / "References"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
    print(f"wrote {target}/References/{name}.json")
