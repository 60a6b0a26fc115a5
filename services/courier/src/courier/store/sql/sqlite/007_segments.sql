-- What each journal segment brought, by the hour it was answered in: written in the transaction that lands the rows, so
-- that what is missing later can be named. A segment that has landed whole has one row for each hour, at position -1.
CREATE TABLE segments (
    segment     TEXT NOT NULL,
    position    INTEGER NOT NULL,                      -- first byte of the batch, within the segment
    hour        TEXT NOT NULL CHECK (datetime(hour) IS NOT NULL),
    rows        INTEGER NOT NULL,                      -- predictions, shadows and feedback that the store took
    quarantined INTEGER NOT NULL,                      -- by the hour in which that happened
    finished    INTEGER NOT NULL DEFAULT 0,
    landed_at   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
    PRIMARY KEY (segment, position, hour)
) STRICT;
CREATE INDEX segments_open ON segments (segment) WHERE NOT finished;
