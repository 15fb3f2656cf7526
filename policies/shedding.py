"""Which calls a busy side refuses so that those that matter more get through (`Shedding`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shedding:
    """Refuses by criticality: a call of class n passes while fewer calls are waiting than its class may find.

    `waiting_max` are pairs of a class and how many calls may wait when one of that class comes, the most critical class
    (the lowest number) first; a class takes the bound of the nearest class above it, and classes before the first pair
    are never shed. The less critical a class, the earlier it is refused. Source: Site Reliability Engineering (2016),
    Handling overload, criticality: what matters less is refused before what matters more.
    """

    waiting_max: tuple[tuple[int, int], ...]

    def admits(self, criticality: int, waiting: int) -> bool:
        """Tell whether a call of this class is let in when so many wait.

        >>> shedding = Shedding(((1, 50), (3, 10)))
        >>> [shedding.admits(criticality, 20) for criticality in (0, 1, 2, 3, 9)]
        [True, True, True, False, False]
        """
        bounds = [bound for first, bound in self.waiting_max if first <= criticality]
        return not bounds or waiting < bounds[-1]
