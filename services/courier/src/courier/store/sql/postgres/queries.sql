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
COPY staged_predictions (id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id,
    api_key, trace_id, shadow_of, value, reasons, trial)
FROM STDIN;

-- name: stage_bare
-- A batch without its optional columns.
COPY staged_predictions (id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id)
FROM STDIN;

-- name: merge_predictions
-- What landed before, in a batch whose cursor was lost, is passed over.
INSERT INTO predictions (id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id,
    api_key, trace_id, shadow_of, value, reasons, trial)
SELECT id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id,
    api_key, trace_id, shadow_of, value, reasons, trial
FROM staged_predictions
ON CONFLICT (id) DO NOTHING;

-- name: insert_feedback
-- Columns as arrays, in the order of FeedbackRow; gives back the ids it touched, and which of them are new.
-- Feedback sent twice is one row with the newer time, so that the newest feedback on a prediction counts.
INSERT INTO feedback (id, prediction_id, at, label, source, request_id, value)
SELECT DISTINCT ON (given.id) given.*
FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::double precision[])
    AS given (id, prediction_id, at, label, source, request_id, value)
ORDER BY given.id, given.at DESC
ON CONFLICT (id) DO UPDATE SET at = excluded.at, request_id = excluded.request_id, value = excluded.value
WHERE feedback.at < excluded.at
RETURNING id::text, xmax = 0;

-- name: insert_alert
-- In the order of AlertRow; what Alertmanager repeats is passed over.
INSERT INTO alerts (fingerprint, starts_at, status, name, severity, labels, annotations, ends_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (fingerprint, starts_at, status) DO NOTHING;

-- name: insert_scored_file
-- In the order of ScoredFileRow; a file that is reported again is passed over.
INSERT INTO scored_files (id, at, model, version, bundle, input_sha256, input_name, output_sha256, rows, tool)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO NOTHING;

-- name: insert_move
-- In the order of MoveRow; passed over when its neighbour in time says the same: another courier's clock saw the same move.
INSERT INTO model_moves (id, at, model, variant, version, previous, percent, bundle, reason, verdict)
WITH move (id, at, model, variant, version, previous, percent, bundle, reason, verdict) AS (
    SELECT %s::uuid, %s::timestamptz, %s::text, %s::text, %s::text, %s::text, %s::double precision, %s::text, %s::text, %s::text
)
SELECT id, at, model, variant, version, previous, percent, bundle, reason, verdict
FROM move
WHERE NOT EXISTS (
    SELECT 1
    FROM model_moves AS neighbour
    WHERE neighbour.model = move.model AND neighbour.variant = move.variant
      AND (neighbour.version, neighbour.percent, neighbour.bundle) IS NOT DISTINCT FROM (move.version, move.percent, move.bundle)
      AND neighbour.at IN (
          (SELECT max(m.at) FROM model_moves AS m WHERE m.model = move.model AND m.variant = move.variant AND m.at <= move.at),
          (SELECT min(m.at) FROM model_moves AS m WHERE m.model = move.model AND m.variant = move.variant AND m.at > move.at)
      )
)
ON CONFLICT (id) DO NOTHING;

-- name: insert_quarantine
-- One refused row, or one stretch of refused bytes.
INSERT INTO quarantine (segment, position, item, reason, content) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (segment, position, item) DO NOTHING;

-- name: forget_batch
-- A batch that is sent again replaces what was noted of it and of all after it.
DELETE FROM segments WHERE segment = %(segment)s AND position >= %(position)s AND NOT finished;

-- name: note_batch
-- In the order of LedgerEntry, and the segment once more; a segment that has landed whole stays as it is.
INSERT INTO segments (segment, position, hour, rows, quarantined)
SELECT %s::text, %s::bigint, %s::timestamptz, %s::bigint, %s::bigint
WHERE NOT EXISTS (SELECT 1 FROM segments WHERE segment = %s AND finished);

-- name: note_finished
-- One row for each hour takes the place of many.
INSERT INTO segments (segment, position, hour, rows, quarantined, finished)
SELECT segment, -1, hour, sum(rows), sum(quarantined), true
FROM segments
WHERE segment = %(segment)s AND NOT finished
GROUP BY segment, hour
ON CONFLICT (segment, position, hour) DO NOTHING;

-- name: forget_parts
-- What that row stands for.
DELETE FROM segments WHERE segment = %(segment)s AND NOT finished;

-- name: answers
-- What was answered, for counting feedback.
SELECT id::text, version, label, bundle, probabilities::text, value, trial, features::text FROM predictions WHERE id = ANY(%s::uuid[]);

-- name: counts
-- For people: how many rows there are.
SELECT
    (SELECT count(*) FROM predictions) AS predictions,
    (SELECT count(*) FROM feedback) AS feedback,
    (SELECT count(*) FROM quarantine) AS quarantine;

-- name: size
-- Bytes on disk, with indexes.
SELECT pg_database_size(current_database()) AS size;

-- name: without_haste
-- For a migration, which may have millions of rows to look at.
SET LOCAL statement_timeout = 0;

-- name: without_waiting
-- For work that can as well be done later: nobody shall queue behind it.
SET LOCAL lock_timeout = '2s';

-- name: make_months
-- This month and the next three; gives back those that are new.
SELECT to_char(month, 'YYYY-MM')
FROM generate_series(
    date_trunc('month', now() AT TIME ZONE 'UTC'),
    date_trunc('month', now() AT TIME ZONE 'UTC') + interval '3 months',
    interval '1 month'
) AS month
WHERE make_month(month::date);

-- name: drop_months
-- Whole months that are over; gives back their names.
SELECT drop_months(%(before)s);

-- name: delete_predictions
-- Rows that are in no month.
SELECT delete_predictions(%(before)s, %(most)s);

-- name: delete_feedback
-- Some old rows; those of a month go with the predictions of that month.
DELETE FROM feedback
WHERE ctid = ANY (ARRAY(SELECT ctid FROM feedback WHERE landed_at < date_trunc('month', %(before)s) LIMIT %(most)s));

-- name: delete_quarantine
-- Some old rows.
DELETE FROM quarantine WHERE ctid = ANY (ARRAY(SELECT ctid FROM quarantine WHERE at < %(before)s LIMIT %(most)s));

-- name: delete_scored_files
-- Some that landed before a moment.
DELETE FROM scored_files WHERE ctid = ANY (ARRAY(SELECT ctid FROM scored_files WHERE landed_at < %(before)s LIMIT %(most)s));

-- name: delete_alerts
-- Some old rows.
DELETE FROM alerts WHERE ctid = ANY (ARRAY(SELECT ctid FROM alerts WHERE landed_at < %(before)s LIMIT %(most)s));

-- name: delete_segments
-- Some old rows; those of a month go with the predictions of that month.
DELETE FROM segments
WHERE ctid = ANY (ARRAY(SELECT ctid FROM segments WHERE hour < date_trunc('month', %(before)s) LIMIT %(most)s));
