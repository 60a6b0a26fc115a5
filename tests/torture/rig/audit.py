"""The audit as anybody with the database's address can read it."""

import json
from collections.abc import Sequence

import psycopg

from tests.torture.rig.verdicts import Row

PREDICTIONS = """
SELECT id::text, request_id, version, bundle, features::text, label, probabilities::text
FROM predictions WHERE variant <> 'shadow'
"""


def rows_of(url: str) -> list[Row]:
    """Every prediction that was answered to somebody."""
    with psycopg.connect(url) as connection:
        return [row_of(fields) for fields in connection.execute(PREDICTIONS)]


def row_of(fields: Sequence[str]) -> Row:
    """What PREDICTIONS returns, all of it text."""
    id_, request_id, version, bundle, features, label, probabilities = fields
    return Row(id_, request_id, version, bundle, json.loads(features), label, json.loads(probabilities))


def quarantined(url: str) -> list[str]:
    """The reason of each row that the store refused."""
    with psycopg.connect(url) as connection:
        return [reason for (reason,) in connection.execute("SELECT reason FROM quarantine")]


def clocks_apart(url: str) -> list[float]:
    """For each row, by how many seconds the api's time of the answer is ahead of the database's time of landing."""
    with psycopg.connect(url) as connection:
        query = "SELECT extract(epoch FROM at - landed_at) FROM predictions"
        return [float(seconds) for (seconds,) in connection.execute(query)]
