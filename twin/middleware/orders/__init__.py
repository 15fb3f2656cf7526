"""Orders: the state table, the header derived from it, and the procedures that move an order."""
