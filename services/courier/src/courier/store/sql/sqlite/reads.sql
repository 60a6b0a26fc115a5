-- What is asked of the audit, by name; times come out as text in UTC, JSON as text.

-- name: labelled
-- Predictions with the latest feedback on each; of a regression the values; a trial or
-- another model's prediction counts as none. By id: ids sort by time, and both tables have them in an index.
SELECT f.prediction_id, p.at, p.version, p.features,
    coalesce(CAST(p.value AS TEXT), p.label), coalesce(CAST(f.value AS TEXT), f.label), f.source, p.bundle
FROM (
    SELECT prediction_id, label, value, source
    FROM feedback AS f
    WHERE prediction_id >= :oldest AND prediction_id < :before
      AND id = (SELECT id FROM feedback WHERE prediction_id = f.prediction_id ORDER BY at DESC, id DESC LIMIT 1)
    ORDER BY prediction_id DESC
    LIMIT :limit
) AS f
LEFT JOIN predictions AS p ON p.id = f.prediction_id AND p.model = :model AND p.trial IS NOT TRUE
ORDER BY f.prediction_id DESC;

-- name: past_alerts
-- What Alertmanager reported of one model and of the platform, one row for each alert, the newest first.
SELECT min(name), min(severity), strftime('%Y-%m-%dT%H:%M:%S+00:00', starts_at),
    strftime('%Y-%m-%dT%H:%M:%S+00:00', max(ends_at)), min(annotations ->> 'summary')
FROM alerts
WHERE coalesce(labels ->> 'model', :model) = :model
GROUP BY fingerprint, starts_at
ORDER BY starts_at DESC, min(name)
LIMIT :limit;

-- name: moves
-- What came to serve of one model, newest first.
SELECT at, model, variant, version, previous, percent, bundle, reason, verdict
FROM model_moves
WHERE model = :model
ORDER BY at DESC, variant
LIMIT :limit;

-- name: quality
-- How often each version of one model was right, by day.
SELECT model, version, variant, day, predictions, judged, correct, accuracy
FROM quality_by_version_and_day
WHERE model = :model
ORDER BY day DESC, model, version, variant;

-- name: ping
-- Whether the file is there and has the tables.
SELECT count(*) FROM schema_migrations;

-- name: hours
-- For each hour what the segments brought and what is there now; one statement, so that both are of one moment.
SELECT hour, sum(brought), sum(landed), sum(quarantined)
FROM (
    SELECT hour, rows AS brought, 0 AS landed, quarantined
    FROM segments
    WHERE hour >= :since AND hour < :until
    UNION ALL
    SELECT substr(at, 1, 13) || ':00:00.000000+00:00', 0, count(*), 0
    FROM predictions
    WHERE at >= :since AND at < :until
    GROUP BY 1
    UNION ALL
    SELECT substr(at, 1, 13) || ':00:00.000000+00:00', 0, count(*), 0
    FROM feedback
    WHERE at >= :since AND at < :until
    GROUP BY 1
) AS counted
GROUP BY hour
ORDER BY hour;

-- name: open_segments
-- Segments that have not landed whole, and how far each was read last.
SELECT segment, max(position), max(landed_at)
FROM segments
WHERE NOT finished
GROUP BY segment
ORDER BY segment;

-- name: predictions
-- Predictions by id, lowest first.
SELECT id, at, model, version, variant, bundle, features, label,
    probabilities, latency_ms, request_id, api_key, trace_id, shadow_of, value, reasons, trial
FROM predictions
WHERE id > :after AND id < :before
ORDER BY id
LIMIT :limit;

-- name: answered
-- Answers of one model that clients got, by id, lowest first, each with the last word on it; a shadow's reached nobody, a trial was no work.
SELECT p.id, p.version, p.bundle, p.features, p.label, p.probabilities, p.value,
    (SELECT f.label FROM feedback AS f WHERE f.prediction_id = p.id ORDER BY f.at DESC, f.id DESC LIMIT 1),
    (SELECT f.value FROM feedback AS f WHERE f.prediction_id = p.id ORDER BY f.at DESC, f.id DESC LIMIT 1)
FROM predictions AS p
WHERE p.id > :after AND p.id < :before AND p.variant <> 'shadow' AND p.model = :model AND p.trial IS NOT TRUE
ORDER BY p.id
LIMIT :limit;
