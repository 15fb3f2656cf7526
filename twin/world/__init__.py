"""A scenario made into a running world, with its measures and its invariants."""
