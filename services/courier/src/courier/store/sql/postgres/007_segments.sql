-- What each journal segment brought, by the hour it was answered in: written in the transaction that lands the rows, so
-- that what is missing later can be named. A segment that has landed whole has one row for each hour, at position -1.
CREATE TABLE segments (
    segment     text NOT NULL,
    position    bigint NOT NULL,                       -- first byte of the batch, within the segment
    hour        timestamptz NOT NULL,
    rows        bigint NOT NULL,                       -- predictions, shadows and feedback that the store took
    quarantined bigint NOT NULL,                       -- by the hour in which that happened
    finished    boolean NOT NULL DEFAULT false,
    landed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (segment, position, hour)
);
CREATE INDEX segments_hour ON segments USING brin (hour) WITH (autosummarize = on);
CREATE INDEX segments_open ON segments (segment) WHERE NOT finished;
