"""The budgets of the house: short functions, short modules, imports that point one way."""

import ast
import re
import tomllib
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("trialkit", "sdtm", "adam", "define")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
ALLOWED_IMPORTS = {
    "trialkit": {"trialkit"},
    "sdtm": {"trialkit", "sdtm"},
    "adam": {"trialkit", "adam"},
    "define": {"trialkit", "define"},
}
# modules of this folder have examples that only say that a name can be called; no others may
BARE_EXAMPLES = "define/guide/"


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path):
    return [n for n in ast.walk(tree(path)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]


def body_lines(function):
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = function.body[1:] if documented else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_functions_are_short():
    sizes = {f"{p.relative_to(ROOT)}:{f.name}": body_lines(f) for p in MODULES for f in functions(p)}
    assert median(sizes.values()) <= 8
    assert sum(size <= 25 for size in sizes.values()) >= 0.9 * len(sizes)
    assert {name: size for name, size in sizes.items() if size > 50} == {}


def test_modules_are_short():
    long = {str(p.relative_to(ROOT)): n for p in MODULES if (n := len(p.read_text().splitlines())) > 400}
    assert long == {}


def imported(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package):
    wrong = [
        (str(path.relative_to(ROOT)), name)
        for path in MODULES
        if path.is_relative_to(ROOT / package)
        for name in imported(path)
        if name in PACKAGES and name not in ALLOWED_IMPORTS[package]
    ]
    assert wrong == []


def public(path):
    # what a module shows: its classes and functions, and the methods of its classes
    for node in tree(path).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            yield node.name, node
            for inner in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                    yield f"{node.name}.{inner.name}", inner


def is_override(name):
    return name.split(".")[-1] in {"apply", "columns", "references", "references_in"}


def test_public_names_have_an_example():
    bare = []
    for path in MODULES:
        for name, node in public(path):
            doc = ast.get_docstring(node) or ""
            # a rule's examples are its `example` and its golden table
            rule = isinstance(node, ast.ClassDef) and "rules" in path.parts
            model = isinstance(node, ast.ClassDef) and path.name in {"spec.py", "source.py"}
            command = path.name == "cli.py"  # its docstrings are the help texts
            exempt = rule or model or command or is_override(name)
            if not doc or (">>>" not in doc and not exempt):
                bare.append(f"{path.relative_to(ROOT)}: {name}")
    assert bare == []


def test_examples_show_a_value():
    """An example that only says that a name can be called, or what it is called, cannot fail."""
    bare = re.compile(r">>> (callable\(|[\w.]+\.__name__$)", re.MULTILINE)
    found = [str(p.relative_to(ROOT)) for p in MODULES if bare.search(p.read_text(encoding="utf-8"))]
    assert [name for name in found if not name.startswith(BARE_EXAMPLES)] == []


def test_no_row_loops():
    loops = re.compile(r"\.iterrows\(|\.itertuples\(|\.apply\([^)]*axis\s*=\s*1")
    found = [str(p.relative_to(ROOT)) for p in MODULES if loops.search(p.read_text())]
    assert found == []


def test_nothing_but_the_product_is_spoken_of():
    words = ("/work/", "../shared", "helper-", "pypi.org/simple")
    files = [p for p in ROOT.rglob("*.md") if ".venv" not in p.parts and "build" not in p.parts] + MODULES
    assert [(str(p), w) for p in files for w in words if w in p.read_text(encoding="utf-8")] == []


def test_packages_are_listed_by_name():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {".".join(p.parent.relative_to(ROOT).parts) for p in MODULES if p.name == "__init__.py"}
    assert sorted(there) == listed
