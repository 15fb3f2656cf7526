"""The first half of a replay's page: what breaks first, who is affected, and what that costs.

Among simulated partners there are the measures of a world; played against recorded ones, what its divergences reach.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from reports import basis, harm, technical
from reports.sections import clock
from reports.tables import Table
from twin.experiment.comparison import Estimate, number
from twin.playback.diverge import KINDS
from twin.playback.replay import Replayed
from twin.world.measure_names import unit_of

if TYPE_CHECKING:
    from scenarios.replays import Replays

NO_CUSTOMERS: Final = "Which customers is not known: the recording names none of these orders' accounts."
NOT_COMPARED: Final = "not known, because nothing could be compared with the recording"
NO_PRICES: Final = "Not known: nothing that has a price is measured where partners are recorded and not simulated."


def of_replay(found: "Replays") -> list[harm.Part]:
    """Return the sections of a replay of one or two versions."""
    names = [one.version for one in found.made]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, 1)]
    if found.mode == "verbatim":
        return _of_divergences(dict(zip(names, found.documents(), strict=True)))
    return _of_worlds(dict(zip(names, found.made, strict=True)))


def _of_worlds(made: Mapping[str, Replayed]) -> list[harm.Part]:
    estimates = {
        name: {kpi: Estimate(mean=value, ci95=None, n=1, unit=unit_of(kpi)) for kpi, value in one.kpis.items()}
        for name, one in made.items()
    }
    prices = next(one.prices for one in made.values())
    assert prices is not None, "a world has prices"
    return [
        harm.of_estimates(estimates, [_first_broken(name, one) for name, one in made.items()]),
        harm.affected([], harm.reached(estimates)),
        harm.costs([], basis.costs(prices, {name: [one.kpis] for name, one in made.items()})),
    ]


def _first_broken(name: str, one: Replayed) -> str:
    """Say which invariant broke first that the design does not give up."""
    if not one.violations:
        return f"{name}: no invariant was broken."
    first = min(one.violations, key=_at)
    return f"{name}: the first broken invariant is {first['invariant']} of {first['key']}, {clock(_at(first))} in."


def _at(violation: Mapping[str, object]) -> int:
    return int(str(violation["at_us"]))


def _of_divergences(documents: Mapping[str, Mapping[str, object]]) -> list[harm.Part]:
    first = harm.breaks([_first_divergence(name, document) for name, document in documents.items()])
    reached = [_reached(document) for document in documents.values()]
    if not any(each["orders decided otherwise"] or each["items concerned"] for each in reached):
        compared = any(document["compared"] for document in documents.values())
        nobody = "Nobody: nothing that was compared was decided otherwise" if compared else NOT_COMPARED.capitalize()
        return [first, harm.affected([f"{nobody}."]), harm.costs([NO_PRICES])]
    named = any(_counts(document)["named"] for document in documents.values())
    kept = [what for what in reached[0] if named or what != "customers of those orders"]
    rows = tuple((what, *(number(each[what]) for each in reached)) for what in kept)
    table = Table(title="whom divergences reach", heads=("what", *documents), rows=rows)
    return [
        first,
        harm.affected([] if named else [NO_CUSTOMERS], table, note=technical.GUESTS if named else ""),
        harm.costs([NO_PRICES]),
    ]


def _first_divergence(name: str, document: Mapping[str, object]) -> str:
    first = document["first_divergence"]
    if document["divergences"] and not isinstance(first, Mapping):
        return f"{name}: nothing but what is accepted was decided otherwise than recorded."
    if not isinstance(first, Mapping):
        return f"{name}: {'nothing was decided otherwise than recorded' if document['compared'] else NOT_COMPARED}."
    return f"{name}: first {first['key']}, at {first['at']}: {KINDS[first['kind']]}."


def _reached(document: Mapping[str, object]) -> dict[str, int]:
    """Return whom the divergences of one version reach that nobody has accepted, and the units of all of them."""
    counts, consequences = _counts(document), document["consequences"]
    assert isinstance(consequences, Mapping)
    return {
        "orders decided otherwise": counts["orders"],
        "customers of those orders": counts["customers"],
        "items concerned": counts["items"],
        "units sent to warehouses, more or less": sum(
            abs(r["recorded"] - r["replayed"]) for r in consequences["stock"]
        ),
    }


def _counts(document: Mapping[str, object]) -> Mapping[str, int]:
    counts = document["reached"]
    assert isinstance(counts, Mapping)
    return counts
