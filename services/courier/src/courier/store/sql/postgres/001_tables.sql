-- The audit: what was asked, what was answered and by which model, and what turned out to be true.
-- Migrations only ever add, so that an older courier still lands into a newer schema.

CREATE TABLE predictions (
    id            uuid PRIMARY KEY,                    -- UUID v7: new rows go to the end of the index
    at            timestamptz NOT NULL,                -- when the answer was made
    model         text NOT NULL,
    version       text NOT NULL,                       -- the registry's, as it names it
    variant       text NOT NULL CHECK (variant IN ('production', 'canary', 'shadow')),
    bundle        text NOT NULL,                       -- sha256 of the bundle's manifest: what really answered
    features      jsonb NOT NULL,                      -- name -> value as it came
    label         text NOT NULL,                       -- class name
    probabilities jsonb NOT NULL,                      -- class name -> probability
    latency_ms    double precision NOT NULL CHECK (latency_ms >= 0),
    request_id    text NOT NULL,
    landed_at     timestamptz NOT NULL DEFAULT now()
);

-- Rows land about in the order of their time: a BRIN index finds a day in a few pages and costs next to nothing.
CREATE INDEX predictions_at ON predictions USING brin (at) WITH (autosummarize = on);
-- "What did version 7 answer last week"; within a version new rows go to the end.
CREATE INDEX predictions_version_at ON predictions (version, at);
-- "What happened to this request": equality only, so a hash will do, whatever the id's length.
CREATE INDEX predictions_request_id ON predictions USING hash (request_id);

CREATE TABLE feedback (
    id            uuid PRIMARY KEY,
    prediction_id uuid NOT NULL,                       -- no foreign key: feedback may land before its prediction
    at            timestamptz NOT NULL,
    label         text NOT NULL,                       -- the class somebody says is right
    source        text NOT NULL,
    request_id    text NOT NULL,
    landed_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX feedback_latest ON feedback (prediction_id, at DESC, id DESC);

-- What could not land, byte for byte, and where it stood. `item` is a row's index in its frame, or -1 for all of it.
CREATE TABLE quarantine (
    segment  text NOT NULL,
    position bigint NOT NULL,                          -- first byte, within the segment
    item     integer NOT NULL,
    reason   text NOT NULL,
    content  bytea NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (segment, position, item)
);
