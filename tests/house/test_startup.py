"""`twin --help` and `twin --version` answer at once.

They stay under 0.3 s because nothing heavy is imported for them; that, and not the clock of a busy machine, is tested.
"""

import subprocess
import sys

import pytest

HEAVY = {"duckdb", "jinja2", "joblib", "matplotlib", "networkx", "numpy", "pydantic", "ruamel", "scipy", "simpy"}

ASK = """
import sys
from twin.cli import main
sys.argv = ["twin", *sys.argv[1:]]
try:
    code = main()
except SystemExit as leaving:
    code = leaving.code
print(*sys.modules, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["compare", "--help"]], ids=" ".join)
def test_help_and_version_load_nothing_heavy(words: list[str]):
    answer = subprocess.run([sys.executable, "-c", ASK, *words], capture_output=True, text=True, check=False)
    assert answer.returncode == 0
    assert answer.stdout
    assert HEAVY.isdisjoint(answer.stderr.split())
