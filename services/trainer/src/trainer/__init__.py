"""Prepares data, trains and compares candidates, bundles the best and publishes it."""
