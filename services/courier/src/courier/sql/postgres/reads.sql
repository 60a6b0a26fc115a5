-- What is asked of the audit, by name; times come out as text in UTC, JSON as text.

-- name: labelled
-- Predictions with the latest feedback on each; of a regression the values. By id: ids sort by time, and both tables have them in an index.
SELECT f.prediction_id::text, to_char(p.at, 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'), p.version, p.features::text,
    coalesce(p.value::text, p.label), coalesce(f.value::text, f.label), f.source
FROM (
    SELECT DISTINCT ON (prediction_id) prediction_id, label, value, source
    FROM feedback
    WHERE prediction_id >= %(oldest)s::uuid AND prediction_id < %(before)s::uuid
    ORDER BY prediction_id DESC, at DESC, id DESC
    LIMIT %(limit)s
) AS f
LEFT JOIN predictions AS p ON p.id = f.prediction_id
ORDER BY f.prediction_id DESC;

-- name: moves
-- What came to serve, newest first.
SELECT to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'), model, variant, version, previous, percent, bundle, reason, verdict
FROM model_moves
ORDER BY at DESC, variant
LIMIT %(limit)s;

-- name: quality
-- How often each version was right, by day.
SELECT model, version, variant, day::text, predictions, judged, correct, accuracy
FROM quality_by_version_and_day
ORDER BY day DESC, model, version, variant;
