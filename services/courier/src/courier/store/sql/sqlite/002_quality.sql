-- The last word on each prediction, and how often each version was right, by the day it answered (UTC).

CREATE VIEW latest_feedback AS
SELECT prediction_id, label, at, source
FROM (
    SELECT *, row_number() OVER (PARTITION BY prediction_id ORDER BY at DESC, id DESC) AS place FROM feedback
)
WHERE place = 1;

CREATE VIEW quality_by_version_and_day AS
SELECT
    p.model,
    p.version,
    p.variant,
    date(p.at) AS day,
    count(*) AS predictions,
    count(f.label) AS judged,
    count(*) FILTER (WHERE f.label = p.label) AS correct,
    CAST(count(*) FILTER (WHERE f.label = p.label) AS REAL) / nullif(count(f.label), 0) AS accuracy
FROM predictions AS p
LEFT JOIN latest_feedback AS f ON f.prediction_id = p.id
GROUP BY p.model, p.version, p.variant, day;
