-- What is asked of the audit, by name; times come out as text in UTC, JSON as text.

-- name: labelled
-- Predictions with the latest feedback on each; of a regression the values; a trial or
-- another model's prediction counts as none. By id: ids sort by time, and both tables have them in an index.
SELECT f.prediction_id::text, to_char(p.at, 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'), p.version, p.features::text,
    coalesce(p.value::text, p.label), coalesce(f.value::text, f.label), f.source, p.bundle
FROM (
    SELECT DISTINCT ON (prediction_id) prediction_id, label, value, source
    FROM feedback
    WHERE prediction_id >= %(oldest)s::uuid AND prediction_id < %(before)s::uuid
    ORDER BY prediction_id DESC, at DESC, id DESC
    LIMIT %(limit)s
) AS f
LEFT JOIN predictions AS p ON p.id = f.prediction_id AND p.model = %(model)s AND p.trial IS NOT TRUE
ORDER BY f.prediction_id DESC;

-- name: past_alerts
-- What Alertmanager reported of one model and of the platform, one row for each alert, the newest first.
SELECT min(name), min(severity), to_char(starts_at, 'YYYY-MM-DD"T"HH24:MI:SS+00:00'),
    to_char(max(ends_at), 'YYYY-MM-DD"T"HH24:MI:SS+00:00'), min(annotations ->> 'summary')
FROM alerts
WHERE coalesce(labels ->> 'model', %(model)s) = %(model)s
GROUP BY fingerprint, starts_at
ORDER BY starts_at DESC, min(name)
LIMIT %(limit)s;

-- name: moves
-- What came to serve of one model, newest first.
SELECT to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'), model, variant, version, previous, percent, bundle, reason, verdict
FROM model_moves
WHERE model = %(model)s
ORDER BY at DESC, variant
LIMIT %(limit)s;

-- name: quality
-- How often each version of one model was right, by day.
SELECT model, version, variant, day::text, predictions, judged, correct, accuracy
FROM quality_by_version_and_day
WHERE model = %(model)s
ORDER BY day DESC, model, version, variant;

-- name: hours
-- For each hour what the segments brought and what is there now; one statement, so that both are of one moment.
SELECT to_char(hour, 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'), sum(brought)::bigint, sum(landed)::bigint, sum(quarantined)::bigint
FROM (
    SELECT hour, rows AS brought, 0 AS landed, quarantined
    FROM segments
    WHERE hour >= %(since)s AND hour < %(until)s
    UNION ALL
    SELECT date_trunc('hour', at), 0, count(*), 0
    FROM predictions
    WHERE at >= %(since)s AND at < %(until)s
    GROUP BY 1
    UNION ALL
    SELECT date_trunc('hour', at), 0, count(*), 0
    FROM feedback
    WHERE at >= %(since)s AND at < %(until)s
    GROUP BY 1
) AS counted
GROUP BY hour
ORDER BY hour;

-- name: open_segments
-- Segments that have not landed whole, and how far each was read last.
SELECT segment, max(position), to_char(max(landed_at), 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00')
FROM segments
WHERE NOT finished
GROUP BY segment
ORDER BY segment;

-- name: predictions
-- Predictions by id, lowest first.
SELECT id::text, to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'), model, version, variant, bundle, features::text, label,
    probabilities::text, latency_ms, request_id, api_key, trace_id, shadow_of::text, value, reasons::text, trial
FROM predictions
WHERE id > %(after)s AND id < %(before)s
ORDER BY id
LIMIT %(limit)s;

-- name: answered
-- Answers of one model that clients got, by id, lowest first, each with the last word on it; a shadow's reached nobody, a trial was no work.
SELECT p.id::text, p.version, p.bundle, p.features::text, p.label, p.probabilities::text, p.value,
    (SELECT f.label FROM feedback AS f WHERE f.prediction_id = p.id ORDER BY f.at DESC, f.id DESC LIMIT 1),
    (SELECT f.value FROM feedback AS f WHERE f.prediction_id = p.id ORDER BY f.at DESC, f.id DESC LIMIT 1)
FROM predictions AS p
WHERE p.id > %(after)s AND p.id < %(before)s AND p.variant <> 'shadow' AND p.model = %(model)s AND p.trial IS NOT TRUE
ORDER BY p.id
LIMIT %(limit)s;
