"""Candidates: pipelines, cross-validation, metrics and plots."""
