"""Worlds of clients and servers: queueing theory, what each setting does, and what is refused.

Closed forms are tested at 4.4 standard errors (VALIDATION C3); the seed is fixed, any other would do.
"""

from math import sqrt
from pathlib import Path

import pytest

import scenarios
from reports.result import run
from twin.errors import ScenarioError
from twin.world.result import RunResult
from twin.world.run import run_once

HEAD = """\
# yaml-language-server: $schema=x
schema_version: 1
question: What becomes of calls?
"""
TWO = """\
horizon: {horizon}
landscape:
  use: blank
  parties:
    users: {{kind: clients, {users}}}
    server: {{kind: server, {server}}}
designs: {{only: {{retry: {retry}}}}}
{more}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "calls.yaml"
    path.write_text(HEAD + text)
    return path


def world(
    folder: Path,
    users: str,
    server: str,
    *,
    horizon: str = "100s",
    retry: str = "{kind: none}",
    more: str = "",
    seed: int = 1,
) -> RunResult:
    text = TWO.format(horizon=horizon, users=users, server=server, retry=retry, more=more)
    return run_once(scenarios.load(write(folder, text)), "only", seed)


def test_a_line_before_one_worker_is_as_long_as_m_m_1_says(tmp_path: Path):
    """Wq of M/M/1 at 5 of 8 a second is 0.20833 (C3); the variance of a long mean is Daley's closed form."""
    users = "open: {rate: 5/s}, calls: [{to: server, timeout: 100s}]"
    found = world(tmp_path, users, "service: {law: exponential, mean: 125ms}", horizon="4000s", more="warm_up: 100s")
    load, rate = 5 / 8, 8
    variance = load * (2 + 5 * load - 4 * load**2 + load**3) / ((1 - load) ** 4 * rate**2)
    error = sqrt(variance / found.kpis["requests"])
    assert found.kpis["wait_s.mean{server=server}"] == pytest.approx(0.20833, abs=4.4 * error)
    assert found.kpis["little_ratio{server=server}"] == pytest.approx(1, abs=0.01)


def test_the_same_seed_makes_the_same_run_and_another_one_does_not(tmp_path: Path):
    users, server = (
        "open: {rate: 20/s}, calls: [{to: server, timeout: 50ms}]",
        "service: {law: exponential, mean: 30ms}",
    )
    retry = "{kind: exponential, attempts: 3}"
    first, again, other = (world(tmp_path, users, server, retry=retry, seed=seed) for seed in (1, 1, 2))
    assert (first.digest, first.kpis) == (again.digest, again.kpis)
    assert first.digest != other.digest


def test_a_capacity_cut_collapses_the_world_that_retries_and_not_the_one_that_does_not():
    """One seed of VALIDATION C7; recovery without retries was measured at 34 to 59 s (RELIABILITY 3.6)."""
    scenario = scenarios.load("metastable_grid")
    plain, retries = (run(scenario, design, seed=1, reps=1).kpis for design in ("none", "retries"))
    assert plain["collapsed"].mean == 0
    assert plain["recovery_censored"].mean == 0
    assert 30 <= plain["recovery_s"].mean <= 65
    assert retries["collapsed"].mean == 1
    assert retries["recovery_censored"].mean == 1
    assert retries["attempts_per_call"].mean > 3


def test_the_worked_example_of_the_page_is_a_scenario(tmp_path: Path):
    page = (Path(__file__).parents[2] / "docs" / "clients_and_servers.md").read_text(encoding="utf-8")
    block = page.partition("```yaml\n")[2].partition("```")[0]
    file = tmp_path / "example.yaml"
    file.write_text(block)
    assert scenarios.check(file) == []
    short = scenarios.load(file).with_("measures.windows.after.from", "80s").with_("measures.windows.after.to", "90s")
    assert run_once(short.with_("horizon", "100s"), "retries", 1).kpis["collapsed"] == 1


def test_the_question_of_ones_own_on_the_page_has_the_answer_that_it_predicts(tmp_path: Path):
    """Retries keep a server busy for good only where attempts x arrivals exceed what it does: 200 / 4 a second."""
    page = (Path(__file__).parents[2] / "docs" / "clients_and_servers.md").read_text(encoding="utf-8")
    _, _, block = page.partition("## A question of one's own")[2].partition("```yaml\n")
    file = tmp_path / "vulnerable.yaml"
    file.write_text(block.partition("```")[0])
    assert scenarios.check(file) == []
    short = scenarios.load(file, ["horizon=100s", "measures.windows.after={from: 80s, to: 95s}"])
    below, above = (
        run_once(short.with_("landscape.parties.users.open.rate", rate), "eager", 1) for rate in ("40/s", "60/s")
    )
    assert (below.kpis["collapsed"], above.kpis["collapsed"]) == (0, 1)
    assert above.kpis["attempts_per_call"] < above.kpis["attempts_bound{link=users/server}"] == 4


def test_the_published_study_on_the_page_has_the_outcome_that_was_published(tmp_path: Path):
    """Overloaded as long as twice the load exceeds 300 a second; half of 280 is below that, 0.6 of it is not."""
    page = (Path(__file__).parents[2] / "docs" / "clients_and_servers.md").read_text(encoding="utf-8")
    _, _, block = page.partition("## A published study")[2].partition("```yaml\n")
    file = tmp_path / "outage.yaml"
    file.write_text(block.partition("```")[0])
    assert scenarios.check(file) == []
    study = scenarios.load(file, ["horizon=215s", "measures.windows.back={from: 205s, to: 214s}"])
    shares = {
        factor: run_once(study.with_("landscape.parties.web.open.shape[0].factor", factor), "once", 1).kpis
        for factor in (0.5, 0.6)
    }
    for kpis in shares.values():
        assert kpis["success_share{window=before}"] > 0.98
        assert kpis["success_share{window=after}"] == 0
    assert shares[0.5]["success_share{window=halved}"] == shares[0.5]["success_share{window=back}"] == 1
    assert shares[0.6]["success_share{window=halved}"] == shares[0.6]["success_share{window=back}"] == 0


def test_a_fault_strikes_a_link_that_no_line_names(tmp_path: Path):
    """Where calls go there is a link: of no latency, and open to what happens to links."""
    text = TWO.format(
        horizon="100s",
        users="open: {rate: 5/s}, calls: [{to: server, timeout: 1s}]",
        server="service: 10ms",
        retry="{kind: none}",
        more="faults: [{name: gone, kind: N8, target: users/server, trigger: {at: 50s}, duration: 50s}]",
    )
    assert run_once(scenarios.load(write(tmp_path, text)), "only", 1).kpis["success_share"] == pytest.approx(
        0.5, abs=0.1
    )


@pytest.mark.parametrize(
    ("users", "server", "told"),
    [
        ("open: {rate: 1/s}, calls: [{to: sever}]", "service: 1s", "did you mean 'server'?"),
        ("open: {rate: 1/s}, closed: {think: 1s}, calls: [{to: server}]", "service: 1s", "open or closed, one of them"),
        ("calls: [{to: server}]", "service: 1s", "open or closed, one of them"),
        ("open: {rate: 1/s}, calls: [{to: server}]", "service: 1s, calls: [{to: server}]", "calls go in a circle"),
        ("open: {rate: 1/s}, calls: [{to: server}]", "service: {read: 1s}", "'' is no operation of server here"),
        ("open: {rate: 0/s}, calls: [{to: server}]", "service: 1s", "must be greater than 0"),
        ("open: {rate: 1/s}, calls: []", "service: 1s", "must not be empty"),
        ("open: {rate: 1/s}, calls: [{to: server}]", "service: 1s, discipline: edf", "one of fifo, lifo, priority"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(tmp_path: Path, users: str, server: str, told: str):
    with pytest.raises(ScenarioError) as refused:
        world(tmp_path, users, server)
    (line,) = [str(problem) for problem in refused.value.problems]
    assert told in line
    assert ":8:" in line or ":9:" in line


def test_what_a_world_without_a_distributor_does_not_know_is_refused(tmp_path: Path):
    text = TWO.format(
        horizon="100s",
        users="open: {rate: 1/s}, calls: [{to: server}]",
        server="service: 1s",
        retry="{kind: none}, workers: {count: 3}",
        more="measures: {windows: {late: {from: 90s, to: 110s}}, collapse: {window: lat}}",
    )
    told = [str(problem) for problem in scenarios.check(write(tmp_path, text))]
    assert any("designs.only.workers: says nothing in a world without a distributor" in line for line in told)
    assert any("measures.windows.late.to: must lie within horizon 1m40s" in line for line in told)
    assert any("measures.collapse.window: 'lat' is no window here; did you mean 'late'?" in line for line in told)
