-- Whose key a prediction came with, which trace it is part of, what Alertmanager reported, and which model came to serve when.

ALTER TABLE predictions ADD COLUMN api_key TEXT;       -- the key's name; null where no keys are asked for
ALTER TABLE predictions ADD COLUMN trace_id TEXT;      -- the request's trace; null where none is taken
ALTER TABLE predictions ADD COLUMN shadow_of TEXT;     -- the prediction whose question a shadow answered too

-- One row when an alert begins and one when it ends; what Alertmanager repeats in between is the same row.
CREATE TABLE alerts (
    fingerprint TEXT NOT NULL,                         -- Alertmanager's: the same labels, the same fingerprint
    starts_at   TEXT NOT NULL CHECK (datetime(starts_at) IS NOT NULL),
    status      TEXT NOT NULL CHECK (status IN ('firing', 'resolved')),
    name        TEXT NOT NULL,
    severity    TEXT,
    labels      TEXT NOT NULL CHECK (json_valid(labels)),
    annotations TEXT NOT NULL CHECK (json_valid(annotations)),
    ends_at     TEXT CHECK (datetime(ends_at) IS NOT NULL OR ends_at IS NULL),   -- null while it fires
    landed_at   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')),
    PRIMARY KEY (fingerprint, starts_at, status)
) STRICT;
CREATE INDEX alerts_starts_at ON alerts (starts_at);

-- One row for each slot of the policy that changed: what served from `at` on.
CREATE TABLE model_moves (
    id        TEXT PRIMARY KEY                         -- made from the row itself, so that the same move is the same row
        CHECK (id GLOB '????????-????-????-????-????????????' AND id NOT GLOB '*[^0-9a-f-]*'),
    at        TEXT NOT NULL CHECK (datetime(at) IS NOT NULL),   -- when policy.json said so
    model     TEXT NOT NULL,
    variant   TEXT NOT NULL CHECK (variant IN ('production', 'canary', 'shadow')),
    version   TEXT,                                    -- null: the slot was emptied
    previous  TEXT,
    percent   REAL,
    bundle    TEXT,
    reason    TEXT,                                    -- the tag move.<variant>; null when somebody moved the alias by hand
    verdict   TEXT,                                    -- the tag gate.verdict
    landed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
) STRICT, WITHOUT ROWID;
CREATE INDEX model_moves_slot ON model_moves (model, variant, at);
