-- What is known to be true of a prediction judges its shadow too: who gives feedback never sees the shadow's id.

CREATE OR REPLACE VIEW quality_by_version_and_day AS
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
LEFT JOIN latest_feedback AS f ON f.prediction_id = coalesce(p.shadow_of, p.id)
GROUP BY p.model, p.version, p.variant, day;
