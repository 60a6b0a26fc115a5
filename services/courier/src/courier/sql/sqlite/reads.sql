-- What is asked of the audit, by name; times come out as text in UTC, JSON as text.

-- name: labelled
-- Predictions with the latest feedback on each; of a regression the values. By id: ids sort by time, and both tables have them in an index.
SELECT f.prediction_id, p.at, p.version, p.features,
    coalesce(CAST(p.value AS TEXT), p.label), coalesce(CAST(f.value AS TEXT), f.label), f.source
FROM (
    SELECT prediction_id, label, value, source
    FROM feedback AS f
    WHERE prediction_id >= :oldest AND prediction_id < :before
      AND id = (SELECT id FROM feedback WHERE prediction_id = f.prediction_id ORDER BY at DESC, id DESC LIMIT 1)
    ORDER BY prediction_id DESC
    LIMIT :limit
) AS f
LEFT JOIN predictions AS p ON p.id = f.prediction_id
ORDER BY f.prediction_id DESC;

-- name: moves
-- What came to serve, newest first.
SELECT at, model, variant, version, previous, percent, bundle, reason, verdict
FROM model_moves
ORDER BY at DESC, variant
LIMIT :limit;

-- name: quality
-- How often each version was right, by day.
SELECT model, version, variant, day, predictions, judged, correct, accuracy
FROM quality_by_version_and_day
ORDER BY day DESC, model, version, variant;

-- name: ping
-- Whether the file is there and has the tables.
SELECT count(*) FROM schema_migrations;
