-- Whose key a prediction came with, which trace it is part of, what Alertmanager reported, and which model came to serve when.

ALTER TABLE predictions ADD COLUMN api_key text;       -- the key's name; null where no keys are asked for
ALTER TABLE predictions ADD COLUMN trace_id text;      -- the request's trace; null where none is taken
ALTER TABLE predictions ADD COLUMN shadow_of uuid;     -- the prediction whose question a shadow answered too

-- One row when an alert begins and one when it ends; what Alertmanager repeats in between is the same row.
CREATE TABLE alerts (
    fingerprint text NOT NULL,                         -- Alertmanager's: the same labels, the same fingerprint
    starts_at   timestamptz NOT NULL,
    status      text NOT NULL CHECK (status IN ('firing', 'resolved')),
    name        text NOT NULL,
    severity    text,
    labels      jsonb NOT NULL,
    annotations jsonb NOT NULL,
    ends_at     timestamptz,                           -- null while it fires
    landed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (fingerprint, starts_at, status)
);
CREATE INDEX alerts_starts_at ON alerts (starts_at);

-- One row for each slot of the policy that changed: what served from `at` on.
CREATE TABLE model_moves (
    id        uuid PRIMARY KEY,                        -- made from the row itself, so that the same move is the same row
    at        timestamptz NOT NULL,                    -- when policy.json said so
    model     text NOT NULL,
    variant   text NOT NULL CHECK (variant IN ('production', 'canary', 'shadow')),
    version   text,                                    -- null: the slot was emptied
    previous  text,
    percent   double precision,
    bundle    text,
    reason    text,                                    -- the tag move.<variant>; null when somebody moved the alias by hand
    verdict   text,                                    -- the tag gate.verdict
    landed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX model_moves_slot ON model_moves (model, variant, at);
