"""Carries bundles from the registry to the api, and the journal of the api to the store."""
