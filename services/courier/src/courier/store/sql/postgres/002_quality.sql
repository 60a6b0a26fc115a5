-- The last word on each prediction, and how often each version was right, by the day it answered (UTC).

CREATE VIEW latest_feedback AS
SELECT DISTINCT ON (prediction_id) prediction_id, label, at, source
FROM feedback
ORDER BY prediction_id, at DESC, id DESC;

CREATE VIEW quality_by_version_and_day AS
SELECT
    p.model,
    p.version,
    p.variant,
    (p.at AT TIME ZONE 'UTC')::date AS day,
    count(*) AS predictions,
    count(f.label) AS judged,
    count(*) FILTER (WHERE f.label = p.label) AS correct,
    (count(*) FILTER (WHERE f.label = p.label))::double precision / nullif(count(f.label), 0) AS accuracy
FROM predictions AS p
LEFT JOIN latest_feedback AS f ON f.prediction_id = p.id
GROUP BY p.model, p.version, p.variant, day;
