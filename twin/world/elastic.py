"""From a design's `workers.autoscale` to whoever starts and stops the workers of its middleware."""

from actors.elastic import Elastic, Scaling
from actors.middleware import Middleware
from twin.world.designs import Design


def elastic_of(design: Design, middleware: Middleware) -> Elastic | None:
    """Return who scales a design's workers, or None where their number is fixed."""
    block = design.workers.autoscale
    if block is None:
        return None
    scaling = Scaling(
        least=design.workers.count,
        most=block.at_most,
        queue_above=block.queue_above,
        age_above=block.age_above or 0,
        start_delay=block.start_delay,
        look_every=block.look_every,
        idle_for=block.idle_for,
    )
    return Elastic(middleware, scaling)
