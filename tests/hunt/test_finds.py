"""What the hunt once found is found no more: each find as the smallest mixture that showed it, in `tests/histories`."""

import json
from pathlib import Path

import pytest

from scenarios.hunting import broken_by
from twin.search.swarm import Mixture

FILE = Path(__file__).parents[1] / "histories" / "finds.json"
FINDS = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("find", FINDS, ids=lambda find: f"{find['invariant']} of seed {find['seed']}")
def test_what_broke_a_promise_breaks_none_today(find):
    mixture = Mixture(
        seed=find["seed"],
        parts=tuple(find["parts"]),
        settings=tuple(find["settings"]),
        faults=tuple(find["faults"]),
        horizon=find["horizon"],
        drain=find["drain"],
        orders_a_day=find["orders_a_day"],
    )
    assert broken_by(mixture) is None
