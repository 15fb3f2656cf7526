"""An older ERP in the place of a cloud ERP: its ledger, the drop that is read by jobs, and its stock files."""

from collections.abc import Callable, Sequence

from actors.calls import Endpoint, Feed
from actors.erp import Erp, Replenishes
from actors.ground import Ground
from actors.legacy_erp import ImportJobs, StockFiles
from twin.model.commands import SupplyAnnounced
from twin.model.instant import Elapsed
from twin.world.further_parties import ErpLegacy
from twin.world.laws import compiled


def legacy_erp(
    ground: Ground,
    name: str,
    block: ErpLegacy,
    *,
    midnight: Elapsed,
    booked: dict[int, int],
    facts: Feed,
    rules: dict[int, Replenishes],
    buy: Callable[[int, int, int], Sequence[SupplyAnnounced]],
) -> tuple[Erp, Endpoint, StockFiles]:
    """Return the ledger, the drop as an interface, and the files; `midnight` is the local one before the start."""
    erp = Erp(
        ground,
        booked=booked,
        job=ground.lag("erp/job", compiled(block.extract_latency)),
        facts=facts,
        rules=rules,
        buy=buy,
    )
    jobs = ImportJobs(
        ground=ground,
        every=block.import_every,
        takes=ground.lag(f"{name}/import", compiled(block.import_takes)),
        closed=(block.nightly.from_.us, block.nightly.to.us),
        midnight=midnight,
    )
    trouble = block.stock_file
    files = StockFiles(
        ground,
        facts,
        job=erp.job,
        late=ground.coin(f"{name}/file/late", trouble.late),
        late_by=ground.lag(f"{name}/file/late_by", compiled(trouble.late_by)),
        cut_short=ground.coin(f"{name}/file/cut_short", trouble.cut_short),
        kept=trouble.kept,
        repeated=ground.coin(f"{name}/file/repeated", trouble.repeated),
        again_after=ground.lag(f"{name}/file/again_after", compiled(trouble.again_after)),
    )
    erp.hand_out = files.hand_out
    return erp, Endpoint(ground, service=jobs.wait, handle=erp.take), files
