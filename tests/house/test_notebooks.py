"""Every notebook is stored clean, keeps to the face and to its size, and runs within its budget in an empty folder."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
CODE_LINES_MAX = 5

STORIES = {
    "01_first_run": (90, "True"),
    "02_publishing_stock": (90, "['nightly_batch makes fewer calls than every_event"),
    "03_sizing_the_buffer": (90, "[(0, 0.0), (1, "),
    "04_retry_storms": (110, "0.0"),
    "05_peak_season": (110, "True"),
    "06_replaying_an_incident": (110, "False"),
    "07_your_own_code": (110, "0.0"),
    "08_stepping_by_hand": (90, "True"),
}
"""The budget of each notebook in seconds, several times what it takes, and what one of its answers begins with."""
KEEPS = {
    "06_replaying_an_incident": ["runs"],
    "07_your_own_code": ["orders.csv", "orders.history.jsonl.gz", "shop.yaml"],
}
"""What a notebook leaves in its folder, because its story needs a file; all others leave nothing."""

stories = pytest.mark.parametrize("name", STORIES)


def notebook(name: str) -> nbformat.NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_cells(name: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook(name).cells if cell.cell_type == "code"]


def shown(cells: list[nbformat.NotebookNode]) -> list[str]:
    """Return the text of what each cell ends with."""
    return [output.data["text/plain"] for cell in cells for output in cell.outputs if "data" in output]


def test_every_notebook_has_a_budget():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == list(STORIES)


@stories
def test_a_notebook_is_valid_and_stored_without_outputs(name: str):
    nbformat.validate(notebook(name))
    assert [(cell.outputs, cell.execution_count) for cell in code_cells(name)] == [([], None)] * len(code_cells(name))


@stories
def test_a_notebook_imports_the_face_and_nothing_else(name: str):
    nodes = [node for cell in code_cells(name) for node in ast.walk(ast.parse(cell.source))]
    imported = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imported == ["import twin"]


@stories
def test_a_cell_is_short(name: str):
    lines = [[line for line in cell.source.splitlines() if line.strip()] for cell in code_cells(name)]
    assert max(map(len, lines)) <= CODE_LINES_MAX


@stories
def test_a_notebook_ends_with_a_question_to_try(name: str):
    last = notebook(name).cells[-1]
    assert last.cell_type == "markdown"
    assert "question to try" in last.source


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "answer"),
    [pytest.param(name, answer, marks=pytest.mark.timeout(budget_s)) for name, (budget_s, answer) in STORIES.items()],
    ids=list(STORIES),
)
def test_a_notebook_runs_within_its_budget_and_answers_as_its_text_says(name: str, answer: str, tmp_path: Path):
    """Aim: a reader sees what the text says. Method: a fresh kernel in an empty folder runs every cell in order."""
    client = NotebookClient(notebook(name), kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    with client.setup_kernel():
        for place, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, place)
    assert any(
        text.startswith(answer) for text in shown([cell for cell in client.nb.cells if cell.cell_type == "code"])
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == KEEPS.get(name, [])


def test_a_mistake_in_a_notebook_is_a_sentence_and_no_traceback(tmp_path: Path):
    cell = nbformat.v4.new_code_cell('import twin\ntwin.load("oversel")')
    asked = nbformat.v4.new_notebook(cells=[cell])
    client = NotebookClient(
        asked, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    (output,) = asked.cells[0].outputs
    assert output.traceback == ["ScenarioError: oversel: no such scenario; did you mean 'oversell'?"]


def test_a_notebook_shows_how_far_a_call_has_come(tmp_path: Path):
    cell = nbformat.v4.new_code_cell('import twin\nfound = twin.run(twin.load("polling_lag", small=True), reps=2)')
    asked = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(asked, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = asked.cells[0].outputs
    assert output.data["text/plain"] == "run: 2 of 2 runs"
