-- A store of schema 1 held FOCUS files only: their own cost column is BilledCost and nothing was left out.
ALTER TABLE base.source_file ADD COLUMN IF NOT EXISTS format VARCHAR;
ALTER TABLE base.source_file ADD COLUMN IF NOT EXISTS raw_column VARCHAR;
ALTER TABLE base.source_file ADD COLUMN IF NOT EXISTS view VARCHAR;
ALTER TABLE base.source_file ADD COLUMN IF NOT EXISTS delivery VARCHAR;
UPDATE base.source_file SET format = 'FOCUS ' || focus_version, raw_column = 'BilledCost', view = 'both';
ALTER TABLE base.file_book ADD COLUMN IF NOT EXISTS counts VARCHAR;
ALTER TABLE base.file_book ADD COLUMN IF NOT EXISTS raw_cost DECIMAL(38,24);
ALTER TABLE base.file_book ADD COLUMN IF NOT EXISTS excluded_rows BIGINT;
UPDATE base.file_book SET counts = 'both', raw_cost = billed, excluded_rows = 0;
ALTER TABLE base.closing ADD COLUMN IF NOT EXISTS source_raw DECIMAL(38,24);
ALTER TABLE base.closing ADD COLUMN IF NOT EXISTS source_raw_column VARCHAR;
ALTER TABLE base.closing ADD COLUMN IF NOT EXISTS control_total DECIMAL(38,24);
ALTER TABLE base.closing ADD COLUMN IF NOT EXISTS control_difference DECIMAL(38,24);
ALTER TABLE base.closing ADD COLUMN IF NOT EXISTS control_said_by VARCHAR;
UPDATE base.closing SET source_raw = source_billed, source_raw_column = 'BilledCost';
