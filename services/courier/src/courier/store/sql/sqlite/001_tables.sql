-- The audit: what was asked, what was answered and by which model, and what turned out to be true.
-- Migrations only ever add, so that an older courier still lands into a newer schema.
-- Times are text, always as 2026-11-22T10:00:00.000000+00:00, so that they sort by time.

CREATE TABLE predictions (
    id            TEXT PRIMARY KEY                     -- UUID v7: new rows go to the end
        CHECK (id GLOB '????????-????-????-????-????????????' AND id NOT GLOB '*[^0-9a-f-]*'),
    at            TEXT NOT NULL CHECK (datetime(at) IS NOT NULL),
    model         TEXT NOT NULL,
    version       TEXT NOT NULL,                       -- the registry's, as it names it
    variant       TEXT NOT NULL CHECK (variant IN ('production', 'canary', 'shadow')),
    bundle        TEXT NOT NULL,                       -- sha256 of the bundle's manifest: what really answered
    features      TEXT NOT NULL,                       -- JSON: name -> value as it came
    label         TEXT NOT NULL,                       -- class name
    probabilities TEXT NOT NULL,                       -- JSON: class name -> probability
    latency_ms    REAL NOT NULL CHECK (latency_ms >= 0),
    request_id    TEXT NOT NULL,
    landed_at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
) STRICT, WITHOUT ROWID;

CREATE INDEX predictions_at ON predictions (at);
CREATE INDEX predictions_version_at ON predictions (version, at);
CREATE INDEX predictions_request_id ON predictions (request_id);

CREATE TABLE feedback (
    id            TEXT PRIMARY KEY
        CHECK (id GLOB '????????-????-????-????-????????????' AND id NOT GLOB '*[^0-9a-f-]*'),
    prediction_id TEXT NOT NULL                        -- no foreign key: feedback may land before its prediction
        CHECK (prediction_id GLOB '????????-????-????-????-????????????' AND prediction_id NOT GLOB '*[^0-9a-f-]*'),
    at            TEXT NOT NULL CHECK (datetime(at) IS NOT NULL),
    label         TEXT NOT NULL,                       -- the class somebody says is right
    source        TEXT NOT NULL,
    request_id    TEXT NOT NULL,
    landed_at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
) STRICT, WITHOUT ROWID;
CREATE INDEX feedback_latest ON feedback (prediction_id, at DESC, id DESC);

-- What could not land, byte for byte, and where it stood. `item` is a row's index in its frame, or -1 for all of it.
CREATE TABLE quarantine (
    segment  TEXT NOT NULL,
    position INTEGER NOT NULL,                         -- first byte, within the segment
    item     INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    content  BLOB NOT NULL,
    at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
    PRIMARY KEY (segment, position, item)
) STRICT;
