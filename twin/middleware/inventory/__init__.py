"""Inventory: claims on positions, the ledger they are counted against, and the procedures that move stock."""
