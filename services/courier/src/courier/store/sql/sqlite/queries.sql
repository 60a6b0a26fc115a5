-- Statements by name: a line "-- name: …", a sentence, the statement.

-- name: begin
-- Take the write lock at once: a lock asked for later can't be waited for.
BEGIN IMMEDIATE;

-- name: create_migrations
-- Which numbered files this database has seen.
CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now'))
) STRICT;

-- name: applied_migrations
-- Their numbers.
SELECT number FROM schema_migrations;

-- name: record_migration
-- One more.
INSERT INTO schema_migrations (number, name) VALUES (?, ?);

-- name: insert_prediction
-- In the order of PredictionRow; what landed before is passed over.
INSERT INTO predictions (id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id,
    api_key, trace_id, shadow_of, value, reasons, trial)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: insert_bare
-- The same without its optional columns, and with the time as a value: SQLite would format it anew for each row.
INSERT INTO predictions
    (id, at, model, version, variant, bundle, features, label, probabilities, latency_ms, request_id, landed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: insert_feedback
-- In the order of FeedbackRow; feedback that is there already is skipped.
INSERT INTO feedback (id, prediction_id, at, label, source, request_id, value) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: repeat_feedback
-- In the order of FeedbackRow: feedback sent twice gets the newer time, so that the newest feedback on a prediction counts.
UPDATE feedback SET at = ?3, request_id = ?6, value = ?7 WHERE id = ?1 AND at < ?3;

-- name: insert_alert
-- In the order of AlertRow; what Alertmanager repeats is passed over.
INSERT INTO alerts (fingerprint, starts_at, status, name, severity, labels, annotations, ends_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (fingerprint, starts_at, status) DO NOTHING;

-- name: insert_scored_file
-- In the order of ScoredFileRow; a file that is reported again is passed over.
INSERT INTO scored_files (id, at, model, version, bundle, input_sha256, input_name, output_sha256, rows, tool)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO NOTHING;

-- name: insert_move
-- In the order of MoveRow; passed over when its neighbour in time says the same: another courier's clock saw the same move.
INSERT INTO model_moves (id, at, model, variant, version, previous, percent, bundle, reason, verdict)
WITH move (id, at, model, variant, version, previous, percent, bundle, reason, verdict) AS (
    SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
)
SELECT id, at, model, variant, version, previous, percent, bundle, reason, verdict
FROM move
WHERE NOT EXISTS (
    SELECT 1
    FROM model_moves AS neighbour
    WHERE neighbour.model = move.model AND neighbour.variant = move.variant
      AND neighbour.version IS move.version AND neighbour.percent IS move.percent AND neighbour.bundle IS move.bundle
      AND neighbour.at IN (
          (SELECT max(m.at) FROM model_moves AS m WHERE m.model = move.model AND m.variant = move.variant AND m.at <= move.at),
          (SELECT min(m.at) FROM model_moves AS m WHERE m.model = move.model AND m.variant = move.variant AND m.at > move.at)
      )
)
ON CONFLICT (id) DO NOTHING;

-- name: insert_quarantine
-- One refused row, or one stretch of refused bytes.
INSERT INTO quarantine (segment, position, item, reason, content) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (segment, position, item) DO NOTHING;

-- name: forget_batch
-- A batch that is sent again replaces what was noted of it and of all after it.
DELETE FROM segments WHERE segment = :segment AND position >= :position AND NOT finished;

-- name: note_batch
-- In the order of LedgerEntry, and the segment once more; a segment that has landed whole stays as it is.
INSERT INTO segments (segment, position, hour, rows, quarantined)
SELECT ?, ?, ?, ?, ?
WHERE NOT EXISTS (SELECT 1 FROM segments WHERE segment = ? AND finished);

-- name: note_finished
-- One row for each hour takes the place of many.
INSERT INTO segments (segment, position, hour, rows, quarantined, finished)
SELECT segment, -1, hour, sum(rows), sum(quarantined), 1
FROM segments
WHERE segment = :segment AND NOT finished
GROUP BY segment, hour
ON CONFLICT (segment, position, hour) DO NOTHING;

-- name: forget_parts
-- What that row stands for.
DELETE FROM segments WHERE segment = :segment AND NOT finished;

-- name: answers
-- What was answered, for counting feedback; the ids come as one JSON array.
SELECT id, version, label, bundle, probabilities, value, trial, features FROM predictions WHERE id IN (SELECT value FROM json_each(?));

-- name: counts
-- For people: how many rows there are.
SELECT
    (SELECT count(*) FROM predictions) AS predictions,
    (SELECT count(*) FROM feedback) AS feedback,
    (SELECT count(*) FROM quarantine) AS quarantine;

-- name: delete_predictions
-- Some old rows; what came with a clock that was wrong is kept from when it landed.
DELETE FROM predictions
WHERE id IN (SELECT id FROM predictions WHERE at < :before AND landed_at < :before LIMIT :most);

-- name: delete_feedback
-- Some old rows.
DELETE FROM feedback WHERE id IN (SELECT id FROM feedback WHERE landed_at < :before LIMIT :most);

-- name: delete_quarantine
-- Some old rows.
DELETE FROM quarantine WHERE rowid IN (SELECT rowid FROM quarantine WHERE at < :before LIMIT :most);

-- name: delete_scored_files
-- Some that landed before a moment.
DELETE FROM scored_files WHERE rowid IN (SELECT rowid FROM scored_files WHERE landed_at < :before LIMIT :most);

-- name: delete_alerts
-- Some old rows.
DELETE FROM alerts WHERE rowid IN (SELECT rowid FROM alerts WHERE landed_at < :before LIMIT :most);

-- name: delete_segments
-- Some old rows, that of the hour which is half gone among them.
DELETE FROM segments WHERE rowid IN (SELECT rowid FROM segments WHERE hour <= :before LIMIT :most);
