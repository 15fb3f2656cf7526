"""The options that several verbs share, spelled the same everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")
Decorator = Callable[[Callable[P, R]], Callable[P, R]]

FORMATS = ("table", "json", "csv")
REPS_MAX = 10_000


Callback = Callable[[click.Context, click.Parameter, str | None], int | None]


def whole(low: int, high: int | None = None) -> Callback:
    """Make a callback that reads a whole number within bounds, or refuses it in one plain sentence."""
    bounds = f"from {low}" if high is None else f"from {low} to {high:,}"

    def read(ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
        if text is None:
            return None
        number = int(text) if text.removeprefix("-").isdecimal() else None
        if number is None or number < low or (high is not None and number > high):
            raise click.BadParameter(f"must be a whole number {bounds} (got '{text}')")
        return number

    return read


_COUNTED = (
    click.option("--seed", metavar="N", callback=whole(0), help="The root seed; replication r has seed + r."),
    click.option("--reps", metavar="N", callback=whole(1, REPS_MAX), help="How many replications of each design."),
    click.option(
        "--jobs",
        metavar="N",
        callback=whole(0),
        default="1",
        show_default=True,
        help="How many processes; 0 is one for each core. Results do not depend on it.",
    ),
)
_OUT = click.option(
    "--out", type=click.Path(path_type=Path), help="The run folder; else one under ./runs named after the run."
)

_REPORT = click.option("--report", "with_report", is_flag=True, help="Write report.html into the run folder.")


_ALLOWED = "twin.allow_code"


def _allow(ctx: click.Context, param: click.Parameter, modules: tuple[str, ...]) -> None:
    ctx.meta[_ALLOWED] = modules


allow_code = click.option(
    "--allow-code",
    metavar="MODULE",
    multiple=True,
    expose_value=False,
    callback=_allow,
    help="Let the scenario import this module: a file beside it or an installed package. May be repeated.",
)


def output(command: Callable[P, R]) -> Callable[P, R]:
    """Add what every verb has: how to print, and how much to say."""
    return _add(
        command,
        click.option("--format", "form", type=click.Choice(FORMATS), default="table", help="How stdout is written."),
        click.option("--quiet", is_flag=True, help="Say nothing on stderr but what is wrong."),
        click.option("--no-progress", is_flag=True, help="Show no progress bar."),
        click.option("--debug", is_flag=True, expose_value=False, help="Show where an error comes from."),
    )


def changes(command: Callable[P, R]) -> Callable[P, R]:
    """Add the options that change a scenario before it is used."""
    return _add(
        command,
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="PATH=VALUE",
            help="Change one setting; the value is YAML. May be repeated.",
        ),
        click.option("--small", is_flag=True, help="Apply the scenario's own small version."),
        allow_code,
    )


def allowed() -> tuple[str, ...]:
    """Return the modules that the command line allows a scenario to import."""
    found: tuple[str, ...] = click.get_current_context().meta.get(_ALLOWED, ())
    return found


def runs(command: Callable[P, R]) -> Callable[P, R]:
    """Add the options of verbs that run one scenario as it stands."""
    return _add(
        command,
        *_COUNTED,
        click.option(
            "--precision",
            multiple=True,
            metavar="KPI=SHARE",
            help="Go on until the 95 % half-width is this share of the mean (oversold_units=5%). May be repeated.",
        ),
        _OUT,
        click.option(
            "--on-violation",
            type=click.Choice(("stop", "report")),
            help="What a broken invariant does: end the run (exit 4), or be counted (exit 1).",
        ),
        click.option(
            "--history/--no-history",
            default=None,
            help="Keep what reached the middleware, for `twin replay`; kept by itself below 100,000 orders.",
        ),
        click.option("--strict", is_flag=True, help="An undecided expectation fails too."),
        _REPORT,
    )


def many(command: Callable[P, R]) -> Callable[P, R]:
    """Add the options of verbs that run a scenario at many settings, here or on a cluster."""
    return _add(
        command,
        *_COUNTED,
        click.option(
            "--backend",
            type=click.Choice(("local", "dask")),
            default="local",
            help="Where runs are made.",
            show_default=True,
        ),
        click.option("--scheduler", metavar="ADDR", help="The dask scheduler, such as tcp://10.0.0.7:8786."),
        _OUT,
        _REPORT,
    )


def _add(command: Callable[P, R], *options: Decorator[P, R]) -> Callable[P, R]:
    for option in reversed(options):
        command = option(command)
    return command
