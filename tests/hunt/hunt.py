"""The hunt: `python tests/hunt/hunt.py FIRST COUNT [FOLDER]` runs seeds of random mixtures and says what they broke.

Writes a line for each seed that broke something; with a folder each of them is made smaller, and written there as a
scenario. At the end stands what was reached, in how many seeds: kinds of faults, antecedents of invariants, outcomes of
messages, and of every fourth seed the clauses of the order's table and the functions of the policies; the rarest of
each, and those that no seed reached. Then come the kinds outside the partners' contracts, three seeds each: what they
break is said, not judged. Exit 1 when a promise was broken.
"""

import sys
from pathlib import Path

from scenarios.hunting import Coverage, hunted, reproducer, smaller
from twin.search.reached import clauses
from twin.search.swarm import ALL_PARTS, Swarm

LOOKS_EVERY = 4
"""Of how many seeds one is looked at call by call."""


def main(first: int, count: int, folder: Path | None) -> int:
    """Run `count` seeds from `first` on; return how many broke a promise."""
    reached, bad = Coverage(), 0
    for seed in range(first, first + count):
        verdict = hunted(seed, looks=seed % LOOKS_EVERY == 0)
        reached.add(verdict)
        if verdict.broken:
            bad += 1
            names = ",".join(dict.fromkeys(str(each["invariant"]) for each in verdict.broken))
            say(f"seed {seed}: {names}: {verdict.broken[0]}")
            if folder is not None and (found := smaller(Swarm(seed).mixture())) is not None:
                folder.mkdir(parents=True, exist_ok=True)
                file = folder / f"{found.invariant}_{seed}.yaml"
                file.write_text(reproducer(found), encoding="utf-8")
                say(f"  made smaller in {found.replays} runs: {len(found.mixture.faults)} faults, {file}")
    say(f"{count} seeds, {bad} with a violation")
    tell(reached)
    for kind in Swarm(first).kinds(ALL_PARTS, outside=True):
        beyond(kind, first)
    return bad


def beyond(kind: str, first: int) -> None:
    """Run three seeds with a kind outside the contracts, and say what they break."""
    verdicts = [hunted(seed, outside=kind) for seed in range(first, first + 3)]
    struck = sum(kind in verdict.took_effect for verdict in verdicts)
    names = dict.fromkeys(str(each["invariant"]) for verdict in verdicts for each in verdict.broken)
    say(f"outside, {kind}: took effect in {struck} of 3 seeds, reported {', '.join(names) or 'nothing'}")


def tell(reached: Coverage) -> None:
    """Say what was reached, and what was not."""
    kinds = Swarm(0).kinds(ALL_PARTS)
    for what, known in (("kinds", kinds), ("met", ()), ("decided", ()), ("entered", clauses())):
        missing = [name for name, seeds in reached.rarest(what, known, 10_000) if not seeds]
        say(f"{what}: {len(getattr(reached, what))} reached; rarest {reached.rarest(what, ())}")
        if missing:
            say(f"  in no seed: {', '.join(missing)}")
    say(f"drawn and without effect: {reached.vain.most_common()}")


def say(line: str) -> None:
    """Write a line at once: a hunt takes its time."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(min(1, main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)))
