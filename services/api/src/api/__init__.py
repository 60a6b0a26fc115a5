"""Answers predictions from bundles on disk and journals every answer before it is sent."""
