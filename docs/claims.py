"""Make the page on what is commonly claimed of distribution middleware: `python docs/claims.py DAY [SCENARIO...]`.

It takes half an hour or so; with scenarios named, only the claims that they decide are run and written anew, under the
day that is given (`date -I`).

Each claim names its experiment and what would refute it. All of that stood in this file before the first run; a claim
is never reworded after its result is known. Runs are the small ones of each scenario unless a claim says otherwise.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import scenarios
from reports.result import compare
from twin.experiment.comparison import Comparison, number
from twin.experiment.statistics import t_interval

HERE = Path(__file__).parent
REPS = 10
WORDS = {"+": "confirmed", "-": "refuted", "?": "not decided"}


@dataclass(frozen=True)
class Test:
    """One measure of one scenario: `more` of it under one design than under another, or none of it, or some.

    `says` is what the claim predicts. A difference is paired, seed by seed; its 95 % interval must lie wholly on the
    side that the claim says, and wholly on the other one to refute it. None: it is 0 in every run. Else its interval
    must lie above `above`.
    """

    says: str
    scenario: str
    kpi: str
    design: str
    than: str = ""
    none: bool = False
    above: float = 0.0
    against: bool = False
    """The difference refutes the claim instead."""
    settings: tuple[str, ...] = ()
    whole: bool = False
    reps: int = REPS


@dataclass(frozen=True)
class Claim:
    """A claim in a sentence, and the tests that it must pass."""

    says: str
    tests: tuple[Test, ...]


def link(setting: str) -> tuple[str, ...]:
    """Return the setting of the link on which the storefront's orders come."""
    return (f"landscape.links={{storefront/middleware: {{{setting}}}}}",)


CLAIMS: Sequence[Claim] = (
    Claim(
        "Waiting for periodic batches of stock figures makes channels oversell.",
        (
            Test(
                "a nightly batch oversells more", "oversell", "oversold_units", "nightly_batch", "governed", whole=True
            ),
        ),
    ),
    Claim(
        "Publishing every raw event makes noise.",
        (Test("more calls to channels", "oversell", "channel_calls", "every_event", "governed", whole=True),),
    ),
    Claim(
        "Publishing every raw event makes figures that are wrong for a while.",
        (
            Test("older figures", "oversell", "availability_age_s.p95", "every_event", "governed", whole=True),
            Test("more oversold", "oversell", "oversold_units", "every_event", "governed", whole=True),
        ),
    ),
    Claim(
        "Putting event-aware publication in place of the nightly file pays.",
        (Test("the file loses more sales", "oversell", "lost_sales_units", "nightly_batch", "governed", whole=True),),
    ),
    Claim(
        "Integrations fail from duplicates and disorder more than from transport.",
        (
            Test(
                "1 % doubled makes second orders",
                "naive_designs",
                "duplicate_erp_orders",
                "nameless",
                settings=link("duplicated: 1%"),
            ),
            Test(
                "1 % lost loses no order",
                "naive_designs",
                "lost_orders",
                "nameless",
                none=True,
                settings=link("lost: 1%"),
            ),
            Test(
                "more is broken where messages come early and are dropped",
                "naive_orders",
                "invariant_violations",
                "forgets",
                "governed",
            ),
        ),
    ),
    Claim(
        "Idempotent creation keeps repeats from becoming orders.",
        (
            Test("without identity there are second orders", "naive_designs", "duplicate_erp_orders", "nameless"),
            Test("with it there is none", "naive_designs", "duplicate_erp_orders", "governed", none=True),
            Test("nor in a flood of repeats", "duplicate_flood", "duplicate_erp_orders", "standard", none=True),
        ),
    ),
    Claim(
        "Explicit states are more reliable than scripts.",
        (
            Test("claims freed twice are sold twice", "naive_orders", "shorted_units", "frees_twice", "governed"),
            Test(
                "claims brought back stay for ever",
                "naive_orders",
                "violations{invariant=leaks}",
                "revives",
                "governed",
            ),
            Test("the order table breaks nothing", "naive_orders", "invariant_violations", "governed", none=True),
        ),
    ),
    Claim(
        "Reservations need the store's isolation.",
        (
            Test(
                "read, then write loses claims", "naive_designs", "violations{invariant=S-2b}", "unchecked", "governed"
            ),
            Test("a checked commit loses none", "naive_designs", "violations{invariant=S-2b}", "governed", none=True),
        ),
    ),
    Claim(
        "Effects belong behind the transaction that causes them.",
        (
            Test(
                "two writes send what was not committed",
                "naive_designs",
                "violations{invariant=S-8}",
                "two_writes",
                "governed",
            ),
        ),
    ),
    Claim(
        "Unit conversions must keep their meaning.",
        (Test("rounding fills less", "naive_orders", "fill_rate", "governed", "rounds"),),
    ),
    Claim(
        "Sequencing keeps moves legal when messages overtake each other.",
        (
            Test("no illegal move", "out_of_order", "illegal_transitions", "standard", none=True),
            Test(
                "and more waiting for a gap spares none, as there are none",
                "out_of_order",
                "illegal_transitions",
                "patient",
                none=True,
            ),
        ),
    ),
    Claim(
        "Queues between systems carry an ERP's maintenance without loss.",
        (
            Test("no order is lost", "erp_maintenance", "lost_orders", "patient", none=True),
            Test("none is made twice", "erp_maintenance", "duplicate_erp_orders", "patient", none=True),
        ),
    ),
    Claim(
        "Retries with back-off spare people the exception queue.",
        (Test("impatience fills it more", "erp_maintenance", "dlq_length.max", "impatient", "patient"),),
    ),
    Claim(
        "Fallback procedures spare people the exception queue.",
        (
            Test("when the ERP is away", "erp_maintenance", "dlq_length.max", "impatient", "falls_back"),
            Test("when a warehouse is silent", "warehouse_offline", "dlq_length.max", "standard", "last_known"),
        ),
    ),
    Claim(
        "Retries without a bound turn a short trouble into a collapse.",
        (
            Test("retries collapse where calls queue", "metastable_grid", "collapsed", "retries", "none"),
            Test("a quota prevents it", "metastable_grid", "collapsed", "retries", "quota"),
        ),
    ),
    Claim(
        "A circuit breaker helps against an unstable endpoint.",
        (
            Test(
                "more calls succeed than with retries alone",
                "retry_budget",
                "success_share",
                "breaker",
                "retries",
                whole=True,
                reps=10,
            ),
        ),
    ),
    Claim(
        "Rate limits are lived with by adapting to them.",
        (
            Test(
                "keeping the published rate is refused more",
                "marketplace_throttled",
                "throttled_calls",
                "published",
                "adaptive",
            ),
            Test(
                "and its figures are older", "marketplace_throttled", "availability_age_s.p95", "published", "adaptive"
            ),
        ),
    ),
    Claim(
        "A carrier's late answers make no second label.",
        (Test("no parcel is labelled twice", "carrier_delay", "duplicate_shipments", "standard", none=True),),
    ),
    Claim(
        "A warehouse works on while its network is down, and nothing is lost.",
        (
            Test("no order is lost", "warehouse_offline", "lost_orders", "standard", none=True),
            Test("no unit is lost", "warehouse_offline", "violations{invariant=S-1}", "standard", none=True),
            Test("nothing leaves twice", "warehouse_offline", "duplicate_shipments", "standard", none=True),
        ),
    ),
    Claim(
        "Books of ERP and warehouses must be reconciled.",
        (Test("without it they stay apart", "stock_reconciliation", "drift_units.end", "never", "daily"),),
    ),
    Claim(
        "For reconciliation a daily batch is enough.",
        (
            Test(
                "hourly is no better at the end (its words stand as before the run; its sign was the wrong way round)",
                "stock_reconciliation",
                "drift_units.end",
                "daily",
                "hourly",
                against=True,
            ),
        ),
    ),
    Claim(
        "A channel needs a view made for it, not the raw stock.",
        (
            Test(
                "what is exposed is oversold less when held back",
                "channel_quotas",
                "oversold_units",
                "shared",
                "exposed",
            ),
        ),
    ),
    Claim(
        "Promise dates need what is coming, not only what is there.",
        (
            Test("more is accepted", "promise_dates", "orders_accepted", "look_ahead", "stock_only"),
            Test("looking back only breaks more dates", "promise_dates", "late_orders", "backward", "look_ahead"),
        ),
    ),
    Claim(
        "At the peak a distributor breaks at its interfaces.",
        (
            Test(
                "the ERP confirms one order in twenty after a quarter of an hour or more",
                "peak_season_mid",
                "capture_latency_s.p95",
                "standard",
                above=900.0,
            ),
        ),
    ),
    Claim(
        "Partners' files need checks at the gateway and identity behind it.",
        (
            Test("no second order with both", "edi_trouble", "duplicate_erp_orders", "business", none=True),
            Test(
                "without the checks identity still guards",
                "edi_trouble",
                "duplicate_erp_orders",
                "business",
                none=True,
                settings=("landscape.parties.edi.checks=false",),
            ),
            Test(
                "without either there are second orders",
                "edi_trouble",
                "duplicate_erp_orders",
                "none",
                settings=("landscape.parties.edi.checks=false",),
            ),
        ),
    ),
    Claim(
        "A canonical model lets wrong references be refused and nothing be lost.",
        (
            Test("wrong lines are refused", "packs_and_kits", "orders_rejected", "governed"),
            Test("no order is lost", "packs_and_kits", "lost_orders", "governed", none=True),
        ),
    ),
    Claim(
        "Every stock fact can be followed to the channels and to the books.",
        (Test("no link of the chain is missing", "first_day", "lineage_gaps", "standard", none=True),),
    ),
    Claim(
        "Middleware that scales out keeps the order of messages.",
        (
            Test("workers do come and go", "whole_house", "extra_worker_hours", "elastic"),
            Test(
                "no move is made that its order does not allow",
                "whole_house",
                "illegal_transitions",
                "elastic",
                none=True,
            ),
            Test("no stream goes back", "whole_house", "violations{invariant=S-6}", "elastic", none=True),
        ),
    ),
    Claim(
        "Interfaces of stock accuracy are the ones to modernise first.",
        (
            Test("intake leaves more harm", "modernise_first", "cost_of_failure", "order_intake", "stock_to_channels"),
            Test(
                "so do calls to the ERP", "modernise_first", "cost_of_failure", "calls_to_the_erp", "stock_to_channels"
            ),
            Test("and to warehouses", "modernise_first", "cost_of_failure", "calls_to_warehouses", "stock_to_channels"),
        ),
    ),
)
NOT_MEASURED: Sequence[tuple[str, str]] = (
    ("Governance of interfaces makes new channels and partners cheaper.", "governance of contracts is not built yet"),
    ("Old and new middleware can live side by side while one is replaced.", "coexistence is not built yet"),
    ("Separating connectivity from orchestration makes maintenance cheaper.", "a cost of people that no run has"),
    ("Dashboards turn telemetry into decisions.", "a claim about readers, not about runs"),
)


@cache
def compared(name: str, settings: tuple[str, ...], whole: bool, reps: int, designs: tuple[str, ...]) -> Comparison:
    """Run one experiment; tests that share it share its runs."""
    sys.stderr.write(f"{name} {' '.join(settings)}\n")
    return compare(scenarios.load(name, settings, small=not whole), designs, reps=reps, jobs=2).comparison


def designs_of(test: Test) -> tuple[str, ...]:
    """Return every design that some test of the same experiment asks for, in the scenario's order."""
    asked = {
        name
        for claim in CLAIMS
        for each in claim.tests
        if (each.scenario, each.settings, each.whole) == (test.scenario, test.settings, test.whole)
        for name in (each.design, each.than)
    }
    return tuple(name for name in scenarios.load(test.scenario).designs if name in asked)


def judged(test: Test) -> tuple[str, str]:
    """Return the verdict on a test (+, - or ?) and what was found."""
    found = compared(test.scenario, test.settings, test.whole, test.reps, designs_of(test))
    values = [(run.kpis[test.kpi] or 0.0) - test.above for run in found.of(test.design)]
    if test.none:
        return ("+", f"0 in {len(values)} runs") if not any(values) else ("-", f"up to {number(max(values))}")
    if test.than:
        values = [a - (b.kpis[test.kpi] or 0.0) for a, b in zip(values, found.of(test.than), strict=True)]
    interval = t_interval(values)
    assert interval is not None
    assert interval.low is not None
    assert interval.high is not None
    told = " .. ".join(number(end + test.above) for end in (interval.low, interval.high))
    told = f"{number(interval.mean + test.above)} ({told})"
    sign = "+" if interval.low > 0 else "-" if interval.high < 0 or not any(values) else "?"
    return ({"+": "-", "-": "+", "?": "?"}[sign] if test.against else sign), told


def command(test: Test) -> str:
    """Return the command that makes the runs of a test."""
    designs = designs_of(test)
    words = ["twin", "compare", test.scenario, *([] if test.whole else ["--small"])]
    words += [f"--set '{setting}'" for setting in test.settings]
    return " ".join([*words, "--designs", ",".join(designs), "--reps", str(test.reps)])


def refuted_by(test: Test) -> str:
    """Return what would refute a test."""
    if test.none:
        return f"`{test.kpi}` above 0 in a run of `{test.design}`"
    if test.against:
        return f"`{test.kpi}`: `{test.design}` minus `{test.than}` above 0"
    if test.than:
        return f"`{test.kpi}`: `{test.design}` minus `{test.than}` below 0, or always 0"
    if test.above:
        return f"`{test.kpi}` of `{test.design}` below {number(test.above)}"
    return f"`{test.kpi}` of `{test.design}` always 0"


def section(claim: Claim, judge: Callable[[Test], tuple[str, str]] | None, day: str) -> str:
    """Write what became of a claim; without a judge what will be run, and nothing of what was found."""
    verdicts = [judge(test) if judge else ("", "") for test in claim.tests]
    signs = {sign for sign, _ in verdicts}
    word = WORDS[signs.pop()] if len(signs) == 1 and judge else "only in part"
    text = [f"**{word[0].upper()}{word[1:]}** ({day}).", ""] if judge else []
    for test, (sign, told) in zip(claim.tests, verdicts, strict=True):
        found = f" Found: {told}, {WORDS[sign]}." if judge else ""
        text += [f"- {test.says[0].upper()}{test.says[1:]}. Refuted by {refuted_by(test)}.{found}", ""]
        text += [f"  `{command(test)}`", ""]
    return "\n".join(text)


def page(judge: Callable[[Test], tuple[str, str]] | None, day: str, kept: Mapping[str, str]) -> str:
    """Write the page; `kept` are the sections that stay as they are, by their claims."""
    text = [
        "# What is claimed, and what was found",
        "",
        "Common claims about distribution middleware, each with its experiment and what would refute it, written down "
        "before the first run. Made by `python docs/claims.py`. Differences are paired, in the measure's unit, with "
        "their 95 % interval; one that covers 0 decides nothing. All runs start at the scenario's own seed, and were "
        "made on the day beside the verdict.",
        "",
    ]
    for claim in CLAIMS:
        text += [f"## {claim.says}", "", kept.get(claim.says) or section(claim, judge, day)]
    text += ["## Not measured", "", "| claim | why |", "|---|---|"]
    text += [f"| {says} | {why} |" for says, why in NOT_MEASURED]
    return "\n".join(text) + "\n"


def kept_of(written: str, named: Sequence[str]) -> dict[str, str]:
    """Return the sections of a page that do not depend on any of the scenarios that are named."""
    sections = dict(re.findall(r"(?ms)^## ([^\n]+)\n\n(.*?\n)(?=^## )", written))
    stays = [claim.says for claim in CLAIMS if named and not {test.scenario for test in claim.tests} & {*named}]
    return {says: f"{sections[says].rstrip()}\n" for says in stays if says in sections}


def main(words: Sequence[str]) -> None:
    """Run everything, or what is named, and write the page; with `--plan` write what will be run."""
    target, part = HERE / "claims.md", HERE / ".claims.md.part"
    plan = "--plan" in words
    day, named = ("", ()) if plan else (words[0], words[1:])
    part.write_text(page(None if plan else judged, day, kept_of(target.read_text(), named)))
    part.replace(target)


if __name__ == "__main__":
    main(sys.argv[1:])
