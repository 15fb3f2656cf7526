"""The rules of the trade and of delivery: values in, a decision with its reason out, no state and no clock."""
