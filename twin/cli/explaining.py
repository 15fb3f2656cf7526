"""The verb that prints the page of one thing by its name: `explain`."""

from difflib import get_close_matches

import click

from twin.cli import OK, options, show


@click.command()
@click.argument("name")
@options.output
def explain(name: str, form: str, quiet: bool, no_progress: bool) -> int:
    """Print the page of a scenario, measure, invariant, fault, preset, policy or party.

    NAME is one of those that `twin list` lists, as `flash_sale`, `oversold_units`, S-10, E2, polly-8 or carrier; of the
    key of a measure, such as availability_age_s.p95, the measure counts.
    """
    import scenarios
    from twin.cli.entries import Entry, entries
    from twin.cli.scenario_page import scenario_page

    known = entries()
    known += [Entry("scenario", each, scenario_page(each)) for each in scenarios.names() if each == name.lower()]
    wanted = name.partition("{")[0].partition(".")[0] if name not in {each.name for each in known} else name
    found = [each for each in known if each.name.lower() == wanted.lower()]
    if not found:
        names = list(dict.fromkeys([*scenarios.names(), *(each.name for each in known)]))
        near = get_close_matches(wanted, names, n=3)
        hint = f"did you mean {', '.join(map(repr, near))}?" if near else "`twin list measures` and its like name them"
        raise click.BadParameter(f"nothing is called {name!r}; {hint}", param_hint="NAME")
    if form == "table":
        show.lines("\n".join(each.page() for each in found).splitlines())
    else:
        rows = [{"kind": each.kind, "name": each.name, "text": each.text} for each in found]
        show.rows(form, rows, title="")
    return OK
