"""The product: procedures that each run one transaction on a unit of work."""
