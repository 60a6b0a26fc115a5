-- What is known to be true of a prediction judges its shadow too: who gives feedback never sees the shadow's id.

DROP VIEW quality_by_version_and_day;

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
LEFT JOIN latest_feedback AS f ON f.prediction_id = coalesce(p.shadow_of, p.id)
GROUP BY p.model, p.version, p.variant, day;
