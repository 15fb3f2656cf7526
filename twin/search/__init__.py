"""The search for what breaks: mixtures of faults drawn from seeds, and the smallest mixture that still shows it."""
