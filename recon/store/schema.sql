-- Private tables of the store. Integers stand for strings; `views.sql` is what others may read.
CREATE SCHEMA IF NOT EXISTS base;

CREATE TABLE IF NOT EXISTS base.meta (name VARCHAR PRIMARY KEY, value VARCHAR);
CREATE TABLE IF NOT EXISTS base.run (
    run_id VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP, status VARCHAR, version VARCHAR,
    registry_version VARCHAR, config_hash VARCHAR, periods VARCHAR, gaps VARCHAR);

-- bills
CREATE TABLE IF NOT EXISTS base.source_file (
    file_no INTEGER, source VARCHAR, path VARCHAR, size_bytes BIGINT, mtime_ns BIGINT, content_hash VARCHAR,
    focus_version VARCHAR, source_rows BIGINT, residue_rows BIGINT, residue VARCHAR, has_resources BOOLEAN,
    has_effective BOOLEAN, unknown_columns VARCHAR, status VARCHAR, reason VARCHAR, loaded_at TIMESTAMP, mapping VARCHAR,
    format VARCHAR, raw_column VARCHAR, view VARCHAR, delivery VARCHAR);
-- what each file's own pass over its parsed rows summed to: the "source" of the closing proof
CREATE TABLE IF NOT EXISTS base.file_book (
    file_no INTEGER, billing_period VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR, currency VARCHAR,
    source_rows BIGINT, billed DECIMAL(38,24), effective DECIMAL(38,24), first_day INTEGER, last_day INTEGER, in_force BOOLEAN,
    counts VARCHAR, raw_cost DECIMAL(38,24), excluded_rows BIGINT);
-- the bridge from the format's own cost column to BilledCost: raw_cost + steps = billed, for each file and book
CREATE TABLE IF NOT EXISTS base.file_step (
    file_no INTEGER, billing_period VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR, currency VARCHAR,
    step_no INTEGER, step VARCHAR, amount DECIMAL(38,24));
-- what the provider, or the user's invoice, says a period sums to
CREATE TABLE IF NOT EXISTS base.control (
    source VARCHAR, billing_period VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR, currency VARCHAR,
    total DECIMAL(38,24), said_by VARCHAR, rank INTEGER, read_at TIMESTAMP);
-- what each later delivery of a period changed
CREATE TABLE IF NOT EXISTS base.restatement (
    restated_at TIMESTAMP, billing_period VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR, currency VARCHAR,
    sub_account_id VARCHAR, service_name VARCHAR, charge_category VARCHAR, billed_before DECIMAL(38,24),
    billed_after DECIMAL(38,24), effective_before DECIMAL(38,24), effective_after DECIMAL(38,24),
    charges_before BIGINT, charges_after BIGINT);
CREATE TABLE IF NOT EXISTS base.quarantine (
    file_no INTEGER, row_number BIGINT, column_name VARCHAR, reason VARCHAR, text VARCHAR, billing_period VARCHAR,
    provider_id VARCHAR, billing_account_id VARCHAR, currency VARCHAR, billed DECIMAL(38,24), effective DECIMAL(38,24));
CREATE TABLE IF NOT EXISTS base.book (
    book_no INTEGER, billing_period VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR, currency VARCHAR);
CREATE TABLE IF NOT EXISTS base.charge_dim (
    dim_no INTEGER, dim_id VARCHAR, book_no INTEGER, provider_name VARCHAR, sub_account_id VARCHAR, invoice_id VARCHAR,
    resource_type VARCHAR, service_name VARCHAR, service_category VARCHAR, region_id VARCHAR, charge_category VARCHAR,
    charge_class VARCHAR, class VARCHAR, commitment_id VARCHAR, commitment_status VARCHAR, extra VARCHAR,
    inherited_tagset_no INTEGER);
CREATE TABLE IF NOT EXISTS base.tagset (tagset_no INTEGER, tagset_id VARCHAR);
CREATE TABLE IF NOT EXISTS base.tagset_entry (tagset_no INTEGER, tag_key VARCHAR, tag_value VARCHAR);
CREATE TABLE IF NOT EXISTS base.bill_resource (
    bill_resource_no INTEGER, provider_id VARCHAR, resource_id VARCHAR);
CREATE TABLE IF NOT EXISTS base.charge (
    charge_no INTEGER, book_no INTEGER, dim_no INTEGER, bill_resource_no INTEGER, tagset_no INTEGER, day INTEGER,
    billed DECIMAL(38,24), effective DECIMAL(38,24), lines BIGINT);

-- live
CREATE TABLE IF NOT EXISTS base.snapshot (
    snapshot_no INTEGER, source VARCHAR, observed_at TIMESTAMP, provider_id VARCHAR, account_id VARCHAR,
    complete BOOLEAN, resources BIGINT);
CREATE TABLE IF NOT EXISTS base.inventory_file (
    source VARCHAR, path VARCHAR, size_bytes BIGINT, mtime_ns BIGINT, content_hash VARCHAR, observed_at TIMESTAMP,
    rows BIGINT, status VARCHAR, reason VARCHAR);
CREATE TABLE IF NOT EXISTS base.resource (
    resource_no INTEGER, provider_id VARCHAR, account_id VARCHAR, region VARCHAR, resource_type VARCHAR,
    resource_id VARCHAR, folded_id VARCHAR, resource_name VARCHAR, container_id VARCHAR,
    first_seen TIMESTAMP, last_seen TIMESTAMP, deleted_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS base.resource_state (
    resource_no INTEGER, tagset_no INTEGER, valid_from TIMESTAMP, valid_to TIMESTAMP, assumed_start BOOLEAN);
-- other ids by which a bill may name a resource, as the inventory says
CREATE TABLE IF NOT EXISTS base.resource_alias (resource_no INTEGER, alias VARCHAR);
-- what a live listing could not see ('' = all of them): unknown, never untagged and never gone
CREATE TABLE IF NOT EXISTS base.unseen (
    source VARCHAR, observed_at TIMESTAMP, provider_id VARCHAR, account_id VARCHAR, region VARCHAR,
    resource_type VARCHAR, kind VARCHAR);
-- whether a tag key reaches the bill of a billing account, as the provider says it itself
CREATE TABLE IF NOT EXISTS base.activation (
    provider_id VARCHAR, billing_account_id VARCHAR, tag_key VARCHAR, active BOOLEAN, read_at TIMESTAMP);
-- billed ids that could mean several resources: `found` of them, the first ones named; matched with none
CREATE TABLE IF NOT EXISTS base.ambiguous_match (bill_resource_no INTEGER, found BIGINT, resources INTEGER[]);
CREATE TABLE IF NOT EXISTS base.bill_match (bill_resource_no INTEGER, resource_no INTEGER, match_method VARCHAR);

-- what infrastructure as code says it manages; `ids` the surest first, folded as base.resource folds them
CREATE TABLE IF NOT EXISTS base.managed_resource (
    source VARCHAR, provider_id VARCHAR, ids VARCHAR[], folded_ids VARCHAR[], tool VARCHAR, address VARCHAR, file VARCHAR,
    tagset_no INTEGER);

-- what audit logs and lists of incidents say (docs/evidence.md); an event that two files tell stands in both
CREATE TABLE IF NOT EXISTS base.evidence_file (
    kind VARCHAR, source VARCHAR, path VARCHAR, size_bytes BIGINT, mtime_ns BIGINT, content_hash VARCHAR, rows BIGINT,
    status VARCHAR, reason VARCHAR, read_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS base.tag_event (
    source VARCHAR, path VARCHAR, "at" TIMESTAMP, actor VARCHAR, action VARCHAR, provider_id VARCHAR, account_id VARCHAR,
    resource_id VARCHAR, key VARCHAR, event_id VARCHAR);
CREATE TABLE IF NOT EXISTS base.incident (
    source VARCHAR, path VARCHAR, opened_at TIMESTAMP, incident_id VARCHAR, severity VARCHAR, provider_id VARCHAR,
    account_id VARCHAR, resource_id VARCHAR);
-- which resource such an id means ('' = not said); none where it could mean several
CREATE TABLE IF NOT EXISTS base.evidence_match (
    provider_id VARCHAR, account_id VARCHAR, resource_id VARCHAR, resource_no INTEGER);

-- what was found out
CREATE TABLE IF NOT EXISTS base.registry_key (key_no INTEGER, key VARCHAR);
CREATE TABLE IF NOT EXISTS base.judgement (
    charge_no INTEGER, book_no INTEGER, key_no UTINYINT, verdict UTINYINT, rung UTINYINT, live_known BOOLEAN,
    billed_no INTEGER, live_no INTEGER, expected_no INTEGER, resolved_no INTEGER);
CREATE TABLE IF NOT EXISTS base.value (value_no INTEGER, value VARCHAR);
CREATE TABLE IF NOT EXISTS base.posting (charge_no INTEGER, book_no INTEGER, entry_no INTEGER);
CREATE TABLE IF NOT EXISTS base.entry (
    entry_no INTEGER, book_no INTEGER, entry_id VARCHAR, transaction_id VARCHAR, billing_period VARCHAR, account VARCHAR,
    owner VARCHAR, rung VARCHAR, rule_id VARCHAR, basis VARCHAR, origin_account VARCHAR, class VARCHAR, verdict VARCHAR,
    billed DECIMAL(38,24), effective DECIMAL(38,24), charges BIGINT, rule_version VARCHAR, weight VARCHAR, weight_total VARCHAR);
-- stores of before entries told the version of their rule
ALTER TABLE base.entry ADD COLUMN IF NOT EXISTS rule_version VARCHAR;
ALTER TABLE base.entry ADD COLUMN IF NOT EXISTS weight VARCHAR;
ALTER TABLE base.entry ADD COLUMN IF NOT EXISTS weight_total VARCHAR;
-- a book (or all of a billing account's in a period) that finance has closed; open again from reopened_at on
CREATE TABLE IF NOT EXISTS base.closure (
    closure_no INTEGER, billing_period VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR, currency VARCHAR,
    closed_at TIMESTAMP, closed_by VARCHAR, reason VARCHAR, partial BOOLEAN, billed DECIMAL(38,24), effective DECIMAL(38,24),
    registry_version VARCHAR, rules_version VARCHAR, rules_hash VARCHAR, reopened_at TIMESTAMP, reopened_by VARCHAR,
    reopened_reason VARCHAR);
-- entries as they stood when their posted period was closed: never changed again; book_no is their origin
CREATE TABLE IF NOT EXISTS base.frozen_entry (
    closure_no INTEGER, book_no INTEGER, entry_id VARCHAR, transaction_id VARCHAR, billing_period VARCHAR, account VARCHAR,
    owner VARCHAR, rung VARCHAR, rule_id VARCHAR, basis VARCHAR, origin_account VARCHAR, class VARCHAR, verdict VARCHAR,
    billed DECIMAL(38,24), effective DECIMAL(38,24), charges BIGINT, rule_version VARCHAR, weight VARCHAR, weight_total VARCHAR);
-- what frozen entries of charges were made of, without days
CREATE TABLE IF NOT EXISTS base.frozen_part (
    closure_no INTEGER, book_no INTEGER, entry_id VARCHAR, sub_account_id VARCHAR, service_name VARCHAR, charge_category VARCHAR,
    resource_id VARCHAR, billed DECIMAL(38,24), effective DECIMAL(38,24), lines BIGINT);
-- by which rules, of those in force in its period, a book's entries were made
CREATE TABLE IF NOT EXISTS base.posted_by (book_no INTEGER, rules_hash VARCHAR);
-- what the entries of a closed book are now, less what is frozen of it: posted in an open period, made anew by every run
CREATE TABLE IF NOT EXISTS base.adjustment (
    book_no INTEGER, entry_id VARCHAR, transaction_id VARCHAR, billing_period VARCHAR, account VARCHAR, owner VARCHAR,
    class VARCHAR, reason VARCHAR, billed DECIMAL(38,24), effective DECIMAL(38,24), rule_version VARCHAR);
-- virtual tags: the money of each value of a dimension, by the rule that gave it and the account that pays
CREATE TABLE IF NOT EXISTS base.dimension_sum (
    book_no INTEGER, dimension VARCHAR, value VARCHAR, rule_id VARCHAR, account VARCHAR, billed DECIMAL(38,24),
    effective DECIMAL(38,24), charges BIGINT);
CREATE TABLE IF NOT EXISTS base.finding (
    finding_id VARCHAR, check_id VARCHAR, severity VARCHAR, status VARCHAR, provider_id VARCHAR,
    billing_account_id VARCHAR, sub_account_id VARCHAR, resource_id VARCHAR, key VARCHAR, reason VARCHAR,
    evidence VARCHAR, owner VARCHAR, currency VARCHAR, billed_at_stake DECIMAL(38,24),
    effective_at_stake DECIMAL(38,24), first_seen TIMESTAMP, last_seen TIMESTAMP);
CREATE TABLE IF NOT EXISTS base.drift (
    observed_at TIMESTAMP, provider_id VARCHAR, account_id VARCHAR, resource_id VARCHAR, key VARCHAR, change VARCHAR,
    before_value VARCHAR, after_value VARCHAR, owner_before VARCHAR, owner_after VARCHAR, currency VARCHAR,
    monthly_effective DECIMAL(38,24), events BIGINT, actor VARCHAR);
-- stores of before it was known who changed a tag; the table is filled anew by every run
ALTER TABLE base.drift ADD COLUMN IF NOT EXISTS events BIGINT;
ALTER TABLE base.drift ADD COLUMN IF NOT EXISTS actor VARCHAR;
CREATE TABLE IF NOT EXISTS base.coverage (
    billing_period VARCHAR, currency VARCHAR, key VARCHAR, scope VARCHAR, by_cost DOUBLE, by_cost_taggable DOUBLE,
    by_cost_with_inherited DOUBLE, by_count DOUBLE, by_count_taggable DOUBLE, count_basis VARCHAR,
    covered_cost DECIMAL(38,24), base_cost DECIMAL(38,24), negative_cost DECIMAL(38,24), gap_ids VARCHAR[]);
CREATE TABLE IF NOT EXISTS base.sli (
    id VARCHAR, name VARCHAR, billing_period VARCHAR, currency VARCHAR, key VARCHAR, unit VARCHAR, value DOUBLE,
    target DOUBLE, status VARCHAR, numerator VARCHAR, denominator VARCHAR, gap_ids VARCHAR[]);
CREATE TABLE IF NOT EXISTS base.fix_action (
    action_id VARCHAR, provider_id VARCHAR, account_id VARCHAR, resource_id VARCHAR, key VARCHAR, raw_key VARCHAR,
    before_value VARCHAR, after_value VARCHAR, verdict VARCHAR, reason VARCHAR, evidence VARCHAR, confidence DOUBLE,
    owner VARCHAR, currency VARCHAR, billed_recovered DECIMAL(38,24), effective_recovered DECIMAL(38,24), status VARCHAR);
-- what each signal says of what a finding is about; mode: on, review, shadow; state: leading, agrees, conflict (null: a shadow alone)
CREATE TABLE IF NOT EXISTS base.suggestion (
    suggestion_id VARCHAR, finding_id VARCHAR, provider_id VARCHAR, account_id VARCHAR, resource_id VARCHAR, key VARCHAR,
    signal VARCHAR, signal_version VARCHAR, value VARCHAR, score DOUBLE, confidence DOUBLE, mode VARCHAR, state VARCHAR,
    evidence VARCHAR, verdict VARCHAR, owner VARCHAR, currency VARCHAR, billed_at_stake DECIMAL(38,24),
    effective_at_stake DECIMAL(38,24));
-- how often each signal was right where known tags were hidden from it; key '' = over all keys. least: precision that is asked of it
CREATE TABLE IF NOT EXISTS base.signal_score (
    key VARCHAR, signal VARCHAR, signal_version VARCHAR, mode VARCHAR, state VARCHAR, asked BIGINT, made BIGINT, correct BIGINT,
    precision DOUBLE, recall DOUBLE, least DOUBLE, basis VARCHAR, scored_at TIMESTAMP);
-- calibration: of what was said with low <= score < high (1 belongs to the last), as many were right
CREATE TABLE IF NOT EXISTS base.signal_bin (
    key VARCHAR, signal VARCHAR, signal_version VARCHAR, low DOUBLE, high DOUBLE, made BIGINT, correct BIGINT, confidence DOUBLE);
-- what the confidences promise: of answers with low <= confidence < high, which other parts of the sample gave, so many were right;
-- expected: their mean confidence
CREATE TABLE IF NOT EXISTS base.signal_curve (
    signal VARCHAR, signal_version VARCHAR, way VARCHAR, low DOUBLE, high DOUBLE, made BIGINT, correct BIGINT, expected DOUBLE);
CREATE TABLE IF NOT EXISTS base.closing (
    billing_period VARCHAR, provider VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR, currency VARCHAR,
    source_billed DECIMAL(38,24), quarantined_billed DECIMAL(38,24), charges_billed DECIMAL(38,24),
    ledger_billed DECIMAL(38,24), difference_billed DECIMAL(38,24), source_effective DECIMAL(38,24),
    quarantined_effective DECIMAL(38,24), charges_effective DECIMAL(38,24), ledger_effective DECIMAL(38,24),
    difference_effective DECIMAL(38,24), source_rows BIGINT, quarantined_rows BIGINT, excluded_rows BIGINT, charges BIGINT,
    source_raw DECIMAL(38,24), source_raw_column VARCHAR, control_total DECIMAL(38,24), control_difference DECIMAL(38,24),
    control_said_by VARCHAR);
CREATE TABLE IF NOT EXISTS base.audit (
    "at" TIMESTAMP, actor VARCHAR, action VARCHAR, subject VARCHAR, detail VARCHAR, run_id VARCHAR);
-- stores of before there was a log: both tables hold what the log beside the store says, filled anew by every run
ALTER TABLE base.audit ADD COLUMN IF NOT EXISTS event_no BIGINT;
ALTER TABLE base.audit ADD COLUMN IF NOT EXISTS event_hash VARCHAR;
CREATE TABLE IF NOT EXISTS base.fix_effect (
    plan VARCHAR, action_id VARCHAR, provider_id VARCHAR, account_id VARCHAR, resource_id VARCHAR, key VARCHAR, changes VARCHAR,
    verdict VARCHAR, reason VARCHAR, finding_id VARCHAR, owner VARCHAR, state VARCHAR, state_reason VARCHAR, sent_at TIMESTAMP,
    ended_at TIMESTAMP, actor VARCHAR, approval VARCHAR, approved_by VARCHAR, verified_at TIMESTAMP, undo VARCHAR,
    undone_at TIMESTAMP, currency VARCHAR, billed_recovered DECIMAL(38,24), effective_recovered DECIMAL(38,24));
-- what reviewers decided about suggestions, newest last; filled anew from the log by every run
CREATE TABLE IF NOT EXISTS base.review (
    event_no BIGINT, "at" TIMESTAMP, reviewer VARCHAR, action_id VARCHAR, provider_id VARCHAR, account_id VARCHAR, resource_id VARCHAR,
    key VARCHAR, decision VARCHAR, value VARCHAR, until DATE, adjudicates BOOLEAN, comment VARCHAR, suggested VARCHAR);
-- valid labels on live resources at each instant at which something was listed, filled anew by every run
CREATE TABLE IF NOT EXISTS base.live_coverage (
    observed_at TIMESTAMP, key VARCHAR, provider_id VARCHAR, resources BIGINT, labelled BIGINT, taggable BIGINT,
    taggable_labelled BIGINT);
CREATE TABLE IF NOT EXISTS base.verdict_name (verdict_no UTINYINT, verdict VARCHAR);
CREATE TABLE IF NOT EXISTS base.rung_name (rung_no UTINYINT, rung VARCHAR);
-- what a live tag means: the canonical key and value of a raw one
CREATE TABLE IF NOT EXISTS base.tag_meaning (
    provider_id VARCHAR, tag_key VARCHAR, tag_value VARCHAR, canonical_key VARCHAR, canonical_value VARCHAR);
-- what the table of rates says: one unit of from_currency in to_currency, filled anew by every run
CREATE TABLE IF NOT EXISTS base.rate (
    month VARCHAR, from_currency VARCHAR, to_currency VARCHAR, rate DECIMAL(38,24), source VARCHAR);
