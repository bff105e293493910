ALTER TABLE process ADD COLUMN health TEXT; -- JSON: how it was then; NULL if it did not say
