-- How much each column contributed to an answer, where that was asked for.

ALTER TABLE predictions ADD COLUMN reasons TEXT;       -- {"base": number, "contributions": {feature: number}}; null where nobody asked
