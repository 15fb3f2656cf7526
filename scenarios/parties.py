"""The parties of one scenario: what each models and leaves out, what is stated of it, and what the rest rests on."""

from scenarios.resolved import settings
from twin.world.party_notes import LEAVES_OUT, counted, models
from twin.world.scenario import Scenario


def party_rows(scenario: Scenario) -> list[dict[str, str | int]]:
    """Give one row for each party: its kind, its notes, and how many of its settings stand how well.

    `stated` are settings of the scenario's own file, of its landscape or of a preset; the others are defaults, counted
    by their sources, which `sources` lists with the paths.
    """
    rows: list[dict[str, str | int]] = []
    found = [each for each in settings(scenario) if each.path[:2] == ("landscape", "parties") and len(each.path) > 3]
    for name, party in scenario.landscape.parties.items():
        own = [each for each in found if each.path[2] == name and each.value and each.path[3:] != ("kind",)]
        defaults = {".".join(each.path[3:]): each.note.removeprefix(DEFAULT) for each in own if DEFAULT in each.note}
        rows.append(
            {
                "party": name,
                "kind": party.kind,
                "text": models(type(party)),
                "leaves_out": LEAVES_OUT.get(party.kind, LEAVES_OUT["use"]),
                "stated": len(own) - len(defaults),
                **counted(defaults.values()),
                "sources": "; ".join(f"{path}: {source}" for path, source in defaults.items()),
            }
        )
    return rows


DEFAULT = "default, "
"""How the note of a setting begins that nobody has stated."""
