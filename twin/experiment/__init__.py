"""Replications, designs compared on common random numbers, and the statistics of both."""
