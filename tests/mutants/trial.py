"""One world under one mutant, in a process of its own: says what is broken and the seed, or `-`."""

import json
import sys

import scenarios
from twin.world.run import run_once


def main() -> None:
    """Run seeds until an invariant is broken that the design does not give up, or until there are no seeds left."""
    asked = json.loads(sys.argv[1])
    scenario = scenarios.load(asked["scenario"], asked["settings"], asked["small"])
    if asked["digest"]:
        sys.stdout.write(run_once(scenario, asked["design"], 1, record=False).digest)
        return
    for seed in range(1, asked["seeds"] + 1):
        result = run_once(scenario, asked["design"], seed, record=False)
        broken = [str(each["invariant"]) for each in result.violations]
        if broken:
            sys.stdout.write(f"{','.join(dict.fromkeys(broken))} {seed}\n")
            return
    sys.stdout.write(f"- {asked['seeds']}\n")


if __name__ == "__main__":
    main()
