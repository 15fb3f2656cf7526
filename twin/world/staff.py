"""The people of floors and desks, of which actions change how many there are."""

from collections.abc import Sequence

from twin.kernel.staffed import Staffed
from twin.kernel.station import Hours, Station
from twin.kernel.timeline import Timeline
from twin.world import landscape, people, settable
from twin.world.action_specs import SetAction
from twin.world.further_parties import ReturnsDeskParty
from twin.world.scenario import Scenario
from twin.world.site_specs import Site


class Staff:
    """The floors and desks of a world, of which actions change the people of some."""

    def __init__(self, scenario: Scenario, timeline: Timeline) -> None:
        self.timeline = timeline
        paths = [settable.keys(each.path) for each in scenario.actions if isinstance(each, SetAction)]
        self._named = [keys for keys in paths if keys[-1] == "people"]
        self.changing: dict[tuple[str, ...], Staffed] = {}
        """The stations whose people change, by party, or by party and site."""

    def station(self, name: str, count: int, queue: int, hours: Hours, *where: str) -> Station:
        """Return a station of `count` people; `where` is the party, and the site where it has several."""
        if not any(_is_meant(keys, where) for keys in self._named):
            return Station(self.timeline, name, count, queue, hours)
        made = self.changing[where] = Staffed(self.timeline, name, count, queue, hours)
        return made

    def change(self, scenario: Scenario, path: str) -> None:
        """Have as many people at work from now on as a scenario says."""
        for where, station in self.changing.items():
            party = scenario.landscape.parties[where[0]]
            block = party.sites[where[1]] if isinstance(party, landscape.Wms) else party
            assert isinstance(block, Site | people.Operators | ReturnsDeskParty)
            if block.people != station.workers:
                station.staff(block.people)


def _is_meant(keys: list[str], where: Sequence[str]) -> bool:
    named = [keys[2], keys[4]] if len(keys) > 4 else [keys[2]]
    return len(named) == len(where) and all(key in ("*", name) for key, name in zip(named, where, strict=True))
