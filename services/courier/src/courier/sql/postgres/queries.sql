-- Statements by name: a line "-- name: …", a sentence, the statement.

-- name: lock_migrations
-- One courier migrates at a time; the others wait here and then find nothing left to do.
SELECT pg_advisory_xact_lock(hashtextextended('mlops-iris courier migrations', 0));

-- name: create_migrations
-- Which numbered files this database has seen.
CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: applied_migrations
-- Their numbers.
SELECT number FROM schema_migrations;

-- name: record_migration
-- One more.
INSERT INTO schema_migrations (number, name) VALUES (%s, %s);

-- name: create_staging
-- Where COPY puts a batch before it is merged; empty again after each commit. The time of landing is the table's to say.
CREATE TEMP TABLE staged_predictions (LIKE predictions) ON COMMIT DELETE ROWS;
ALTER TABLE staged_predictions ALTER COLUMN landed_at DROP NOT NULL;

-- name: stage_predictions
-- A batch, in the order of PredictionRow.
COPY staged_predictions (id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id)
FROM STDIN;

-- name: merge_predictions
-- What landed before, in a batch whose cursor was lost, is passed over.
INSERT INTO predictions (id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id)
SELECT id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id
FROM staged_predictions
ON CONFLICT (id) DO NOTHING;

-- name: insert_feedback
-- Columns as arrays, in the order of FeedbackRow; gives back the ids that are new.
INSERT INTO feedback (id, prediction_id, at, label, source, request_id)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (id) DO NOTHING
RETURNING id::text;

-- name: insert_quarantine
-- One refused row, or one stretch of refused bytes.
INSERT INTO quarantine (segment, position, item, reason, content) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (segment, position, item) DO NOTHING;

-- name: answers
-- What was answered, for counting feedback.
SELECT id::text, version, label FROM predictions WHERE id = ANY(%s::uuid[]);

-- name: counts
-- For people: how many rows there are.
SELECT
    (SELECT count(*) FROM predictions) AS predictions,
    (SELECT count(*) FROM feedback) AS feedback,
    (SELECT count(*) FROM quarantine) AS quarantine;
