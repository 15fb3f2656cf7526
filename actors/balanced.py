"""Several servers behind one address: who gets a call, and which of them get none for a while."""

from collections.abc import Sequence
from typing import Literal

from actors.calls import Call
from actors.serve import Serve
from actors.server import Server
from policies.ejection import Asked, Ended, Hosts, OutlierEjection
from twin.model.chance import draw, root, stream_id

Rule = Literal["random", "round_robin", "least", "by_key"]


class Balanced:
    """The servers and the rule; `ejects` leaves out those whose calls fail.

    A call has failed when its answer is no good one, or has not come while its caller waited.
    """

    def __init__(self, servers: list[Server], seed: int, rule: Rule, ejects: OutlierEjection | None = None) -> None:
        self.servers = servers
        self.ejects = ejects
        self._rule = rule
        self._turn = 0
        self._coins = root(seed, stream_id(f"balance/{servers[0].name}"))
        self._hosts = ejects.initial(len(servers)) if ejects is not None else Hosts((), 0)
        self._open: dict[Call, int] = {}
        """The host of each call that has not ended, where somebody asks."""
        if ejects is not None:
            for server in servers:
                server.heard = self._heard

    def request(self, call: Call) -> None:
        """Hand a call that has arrived to one of the servers."""
        if self.ejects is None:
            self.servers[self._chosen(call, range(len(self.servers)))].request(call)
            return
        timeline = self.servers[0].ground.timeline
        self._hosts, inside = self.ejects.step(self._hosts, Asked(timeline.now))
        chosen = self._open[call] = self._chosen(call, inside)
        timeline.call_in(call.client.timeout, self._overdue, call)
        self.servers[chosen].request(call)

    @property
    def ejections(self) -> int:
        """How often a server was ejected."""
        return sum(host.ejections for host in self._hosts.hosts)

    def _heard(self, call: Call, good: bool) -> None:
        host = self._open.pop(call, None)
        if host is not None and self.ejects is not None:
            now = self.servers[0].ground.timeline.now
            self._hosts, _ = self.ejects.step(self._hosts, Ended(now, host, good))

    def _overdue(self, call: Call) -> None:
        self._heard(call, False)

    def _chosen(self, call: Call, inside: Sequence[int]) -> int:
        servers = self.servers
        match self._rule:
            case "random":
                return inside[draw(self._coins, call.event.id, call.attempt) % len(inside)]
            case "round_robin":
                self._turn += 1
                return inside[(self._turn - 1) % len(inside)]
            case "least":
                return min(inside, key=lambda n: servers[n].present)
            case "by_key":
                event = call.event
                assert isinstance(event, Serve)
                return inside[draw(self._coins, event.key) % len(inside)]
