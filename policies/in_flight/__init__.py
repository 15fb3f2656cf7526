"""How many attempts of a caller may be under way at once: a fixed number, or one that learns from how they end."""

from policies.in_flight.adaptive import Aimd as Aimd
from policies.in_flight.adaptive import Gradient2 as Gradient2
from policies.in_flight.adaptive import Vegas as Vegas
from policies.in_flight.bulkhead import Bulkhead as Bulkhead
from policies.in_flight.bulkhead import InFlight as InFlight
from policies.in_flight.partitions import Partitioned as Partitioned
from policies.in_flight.partitions import Shareable as Shareable

__all__ = ["Aimd", "Bulkhead", "Gradient2", "InFlight", "Partitioned", "Shareable", "Vegas"]
