-- The stable interface of the store: documented in docs/store.md, tested against it.
CREATE OR REPLACE VIEW base.charge_line AS
SELECT c.charge_no, substr(sha256(to_json([b.billing_period, b.provider_id, d.provider_name, b.billing_account_id, b.currency, d.sub_account_id,
           d.invoice_id, c.day::VARCHAR, r.resource_id, d.resource_type, d.service_name, d.service_category, d.region_id,
           d.charge_category, d.charge_class, d.class, d.commitment_id, d.commitment_status, d.extra, i.tagset_id,
           t.tagset_id])::VARCHAR), 1, 24)                          AS charge_id,
       b.billing_period, b.provider_id AS x_ProviderId, d.provider_name AS ProviderName,
       b.billing_account_id AS BillingAccountId, b.currency AS BillingCurrency, d.sub_account_id AS SubAccountId,
       d.invoice_id AS InvoiceId, DATE '1970-01-01' + c.day         AS x_ChargeDate,
       r.resource_id AS ResourceId, d.resource_type AS ResourceType, d.service_name AS ServiceName,
       d.service_category AS ServiceCategory, d.region_id AS RegionId, d.charge_category AS ChargeCategory,
       d.charge_class AS ChargeClass, d.class AS x_Class, d.commitment_id AS CommitmentDiscountId,
       d.commitment_status AS CommitmentDiscountStatus, t.tagset_id, c.billed AS BilledCost, c.effective AS EffectiveCost,
       c.lines AS x_Lines
FROM base.charge c
JOIN base.charge_dim d USING (dim_no)
JOIN base.book b ON b.book_no = c.book_no
JOIN base.tagset t ON t.tagset_no = c.tagset_no
JOIN base.tagset i ON i.tagset_no = d.inherited_tagset_no
LEFT JOIN base.bill_resource r ON r.bill_resource_no = c.bill_resource_no;

CREATE OR REPLACE VIEW charges AS SELECT * EXCLUDE (charge_no) FROM base.charge_line;

CREATE OR REPLACE VIEW resources AS
SELECT r.provider_id AS x_ProviderId, r.account_id AS SubAccountId, r.region AS RegionId, r.resource_type AS ResourceType,
       r.resource_id AS ResourceId, r.resource_name AS ResourceName, r.container_id, true AS in_inventory,
       m.resource_no IS NOT NULL AS in_bill, r.first_seen, r.last_seen, r.deleted_at, m.match_method
FROM base.resource r LEFT JOIN (SELECT resource_no, min(match_method) AS match_method FROM base.bill_match GROUP BY ALL) m USING (resource_no)
UNION ALL
SELECT b.provider_id, s.account, s.region, s.resource_type, b.resource_id, NULL, NULL, false, true, s.first_seen, s.last_seen, NULL,
       CASE WHEN a.bill_resource_no IS NOT NULL THEN 'ambiguous' END
FROM base.bill_resource b LEFT JOIN base.ambiguous_match a USING (bill_resource_no) JOIN (
    SELECT c.bill_resource_no, max(d.sub_account_id) AS account, max(d.region_id) AS region, max(d.resource_type) AS resource_type,
           TIMESTAMP '1970-01-01' + to_days(min(c.day)) AS first_seen, TIMESTAMP '1970-01-01' + to_days(max(c.day)) AS last_seen
    FROM base.charge c JOIN base.charge_dim d USING (dim_no) GROUP BY ALL) s USING (bill_resource_no)
WHERE b.bill_resource_no NOT IN (SELECT bill_resource_no FROM base.bill_match);

CREATE OR REPLACE VIEW tag_history AS
WITH entry AS (
    SELECT s.resource_no, e.tag_key, e.tag_value, s.valid_from, s.valid_to, s.assumed_start,
           lag(s.valid_to) OVER w IS DISTINCT FROM s.valid_from OR lag(e.tag_value) OVER w IS DISTINCT FROM e.tag_value AS starts
    FROM base.resource_state s JOIN base.tagset_entry e USING (tagset_no)
    WINDOW w AS (PARTITION BY s.resource_no, e.tag_key ORDER BY s.valid_from)
), run AS (
    SELECT *, sum(starts::INTEGER) OVER (PARTITION BY resource_no, tag_key ORDER BY valid_from) AS n FROM entry
)
SELECT r.provider_id AS x_ProviderId, r.account_id AS SubAccountId, r.resource_id AS ResourceId, run.tag_key,
       any_value(run.tag_value) AS tag_value, min(run.valid_from) AS valid_from,
       CASE WHEN count(*) = count(run.valid_to) THEN max(run.valid_to) END AS valid_to, bool_or(run.assumed_start) AS assumed_start
FROM run JOIN base.resource r USING (resource_no)
GROUP BY r.provider_id, r.account_id, r.resource_id, run.resource_no, run.tag_key, run.n;

CREATE OR REPLACE VIEW resource_tags AS
SELECT h.x_ProviderId, h.SubAccountId, h.ResourceId, h.tag_key, h.tag_value, k.canonical_key, k.canonical_value, h.valid_from
FROM tag_history h LEFT JOIN base.tag_meaning k ON k.provider_id = h.x_ProviderId AND k.tag_key = h.tag_key AND k.tag_value = h.tag_value
WHERE h.valid_to IS NULL;

-- what code manages: as its files say, each line with the resource of the inventory that one of its ids means (the surest
-- id that means any; none where it means several); and what live tags of CloudFormation say
CREATE OR REPLACE VIEW managed_resources AS
WITH line AS (
    SELECT row_number() OVER (ORDER BY source, file, address, ids) AS line_no, * FROM base.managed_resource
), named AS (
    SELECT line_no, provider_id, unnest(folded_ids) AS id, generate_subscripts(folded_ids, 1) AS place FROM line
), alias AS (
    SELECT r.provider_id, a.alias, a.resource_no FROM base.resource_alias a JOIN base.resource r USING (resource_no)
), met AS (
    SELECT n.line_no, n.place, 0 AS by_alias, r.resource_no FROM named n JOIN base.resource r ON r.provider_id = n.provider_id AND r.folded_id = n.id
    UNION
    SELECT n.line_no, n.place, 1, a.resource_no FROM named n JOIN alias a ON a.provider_id = n.provider_id AND a.alias = n.id
), surest AS (
    SELECT * FROM met QUALIFY rank() OVER (PARTITION BY line_no ORDER BY place, by_alias) = 1
), one AS (
    SELECT line_no, any_value(resource_no) AS resource_no FROM surest GROUP BY line_no HAVING count(DISTINCT resource_no) = 1
), said AS (
    SELECT tagset_no, to_json(map(list(tag_key ORDER BY tag_key), list(tag_value ORDER BY tag_key)))::VARCHAR AS tags FROM base.tagset_entry
    WHERE tagset_no IN (SELECT tagset_no FROM base.managed_resource) GROUP BY tagset_no
), stack AS (
    SELECT s.resource_no, max(e.tag_value) FILTER (e.tag_key = 'aws:cloudformation:stack-name') AS stack,
           max(e.tag_value) FILTER (e.tag_key = 'aws:cloudformation:stack-id') AS stack_id,
           max(e.tag_value) FILTER (e.tag_key = 'aws:cloudformation:logical-id') AS logical_id
    FROM base.resource_state s JOIN base.tagset_entry e USING (tagset_no)
    WHERE s.valid_to IS NULL AND starts_with(e.tag_key, 'aws:cloudformation:') GROUP BY s.resource_no
)
SELECT l.provider_id AS x_ProviderId, r.account_id AS SubAccountId, coalesce(r.resource_id, l.ids[1]) AS ResourceId,
       r.resource_no IS NOT NULL AS in_inventory, l.tool, l.address, l.file, coalesce(s.tags, '{}') AS tags
FROM line l LEFT JOIN one o USING (line_no) LEFT JOIN base.resource r ON r.resource_no = o.resource_no
LEFT JOIN said s ON s.tagset_no = l.tagset_no
UNION ALL
SELECT r.provider_id, r.account_id, r.resource_id, true, 'cloudformation', concat_ws('/', k.stack, k.logical_id), k.stack_id, NULL
FROM stack k JOIN base.resource r USING (resource_no) WHERE k.stack IS NOT NULL;

CREATE OR REPLACE VIEW verdicts AS
SELECT c.charge_id, c.billing_period, k.key, v.verdict, b.value AS billed_value, l.value AS live_value, e.value AS expected_value,
       o.value AS resolved_value, g.rung, j.live_known, c.x_ProviderId, c.BillingAccountId, c.BillingCurrency, c.SubAccountId,
       c.ResourceId, c.x_ChargeDate, c.BilledCost, c.EffectiveCost
FROM base.judgement j
JOIN base.charge_line c USING (charge_no)
JOIN base.registry_key k USING (key_no)
JOIN base.verdict_name v ON v.verdict_no = j.verdict
LEFT JOIN base.rung_name g ON g.rung_no = j.rung
LEFT JOIN base.value b ON b.value_no = j.billed_no
LEFT JOIN base.value l ON l.value_no = j.live_no
LEFT JOIN base.value e ON e.value_no = j.expected_no
LEFT JOIN base.value o ON o.value_no = j.resolved_no;

CREATE OR REPLACE VIEW findings AS
SELECT finding_id, check_id, severity, status, provider_id AS x_ProviderId, billing_account_id AS BillingAccountId,
       sub_account_id AS SubAccountId, resource_id AS ResourceId, key, reason, evidence, owner, currency AS BillingCurrency,
       billed_at_stake, effective_at_stake, first_seen, last_seen
FROM base.finding;

CREATE OR REPLACE VIEW drift AS
SELECT observed_at, provider_id AS x_ProviderId, account_id AS SubAccountId, resource_id AS ResourceId, key, change, before_value,
       after_value, owner_before, owner_after, currency AS BillingCurrency, monthly_effective, actor
FROM base.drift;

-- each event once, however many files tell it
CREATE OR REPLACE VIEW tag_events AS
WITH told AS (
    SELECT min("at") AS "at", min(actor) AS actor, min(action) AS action, provider_id, min(account_id) AS account_id, resource_id, key,
           min(source) AS source, event_id
    FROM base.tag_event GROUP BY provider_id, resource_id, key, event_id
)
SELECT t."at", t.actor, t.action, coalesce(r.provider_id, t.provider_id) AS x_ProviderId, coalesce(r.account_id, t.account_id) AS SubAccountId,
       coalesce(r.resource_id, t.resource_id) AS ResourceId, r.resource_no IS NOT NULL AS in_inventory, t.key, t.source, t.event_id
FROM told t LEFT JOIN base.evidence_match m ON m.provider_id = coalesce(t.provider_id, '') AND m.account_id = coalesce(t.account_id, '')
    AND m.resource_id = t.resource_id LEFT JOIN base.resource r USING (resource_no);

-- one row per incident and resource: as the last file of its source says
CREATE OR REPLACE VIEW incidents AS
WITH told AS (
    SELECT * FROM base.incident QUALIFY path = max(path) OVER (PARTITION BY source, incident_id)
)
SELECT DISTINCT t.incident_id, t.opened_at, t.severity, coalesce(r.provider_id, t.provider_id) AS x_ProviderId,
       coalesce(r.account_id, t.account_id) AS SubAccountId, coalesce(r.resource_id, t.resource_id) AS ResourceId,
       r.resource_no IS NOT NULL AS in_inventory, t.source
FROM told t LEFT JOIN base.evidence_match m ON m.provider_id = coalesce(t.provider_id, '') AND m.account_id = coalesce(t.account_id, '')
    AND m.resource_id = t.resource_id LEFT JOIN base.resource r USING (resource_no);

CREATE OR REPLACE VIEW coverage AS SELECT billing_period, currency AS BillingCurrency, * EXCLUDE (billing_period, currency) FROM base.coverage;
CREATE OR REPLACE VIEW slis AS SELECT id, name, billing_period, currency AS BillingCurrency, * EXCLUDE (id, name, billing_period, currency) FROM base.sli;

-- the books that are closed now, each with its closure
CREATE OR REPLACE VIEW base.closed_book AS
SELECT b.book_no, c.* FROM base.closure c JOIN base.book b USING (billing_period, provider_id, billing_account_id, currency)
WHERE c.reopened_at IS NULL;

-- what is posted: entries of open books as they are now, of closed ones as they were frozen, and adjustments.
-- book_no is the origin, billing_period the posted period
CREATE OR REPLACE VIEW base.posted AS
SELECT e.* EXCLUDE (entry_no), false AS frozen FROM base.entry e WHERE e.book_no NOT IN (SELECT book_no FROM base.closed_book)
UNION ALL BY NAME
SELECT f.* EXCLUDE (closure_no), true AS frozen FROM base.frozen_entry f SEMI JOIN base.closed_book k ON k.closure_no = f.closure_no
UNION ALL BY NAME
SELECT a.* EXCLUDE (reason), 'adjustment: ' || a.reason AS basis, 0::BIGINT AS charges, false AS frozen FROM base.adjustment a;

CREATE OR REPLACE VIEW ledger AS
SELECT e.entry_id, e.transaction_id, e.billing_period, b.billing_period AS origin_period, b.provider_id AS x_ProviderId,
       b.billing_account_id AS BillingAccountId, b.currency AS BillingCurrency, e.account, e.owner, e.rung, e.rule_id, e.basis,
       e.origin_account, e.class AS x_Class, e.verdict, e.billed AS BilledCost, e.effective AS EffectiveCost, e.charges, e.rule_version,
       e.weight, e.weight_total, e.frozen
FROM base.posted e JOIN base.book b USING (book_no);

-- the ledger with the other side of each entry that comes from the bill: every transaction sums to 0
CREATE OR REPLACE VIEW double_entry AS
SELECT * FROM ledger
UNION ALL BY NAME
SELECT * REPLACE (substr(sha256('counter ' || entry_id), 1, 16) AS entry_id, 'source:' || x_ProviderId || ':' || BillingAccountId AS account,
                  NULL AS owner, -BilledCost AS BilledCost, -EffectiveCost AS EffectiveCost, NULL AS rung, NULL AS verdict)
FROM ledger WHERE origin_account IS NULL;

CREATE OR REPLACE VIEW closures AS
SELECT billing_period, provider_id AS x_ProviderId, billing_account_id AS BillingAccountId, currency AS BillingCurrency, closed_at, closed_by,
       reason, partial, billed AS BilledCost, effective AS EffectiveCost, registry_version, rules_version, reopened_at, reopened_by,
       reopened_reason
FROM base.closure;

CREATE OR REPLACE VIEW fix_actions AS
SELECT action_id, provider_id AS x_ProviderId, account_id AS SubAccountId, resource_id AS ResourceId, key, raw_key, before_value,
       after_value, verdict, reason, evidence, confidence, owner, currency AS BillingCurrency, billed_recovered, effective_recovered, status
FROM base.fix_action;
CREATE OR REPLACE VIEW suggestions AS
SELECT suggestion_id, finding_id, provider_id AS x_ProviderId, account_id AS SubAccountId, resource_id AS ResourceId, key, signal,
       signal_version, value, score, confidence, mode, state, evidence, verdict, owner, currency AS BillingCurrency, billed_at_stake,
       effective_at_stake
FROM base.suggestion;
CREATE OR REPLACE VIEW signal_scores AS
SELECT key, signal, signal_version, basis, asked, made, correct, precision, recall, least, state, mode, scored_at FROM base.signal_score;
CREATE OR REPLACE VIEW signal_bins AS
SELECT key, signal, signal_version, low, high, made, correct, confidence FROM base.signal_bin;
CREATE OR REPLACE VIEW signal_curve AS
SELECT signal, signal_version, way, low, high, made, correct, expected FROM base.signal_curve;
CREATE OR REPLACE VIEW audit_log AS
SELECT "at", actor, action, subject, detail, run_id, event_no, event_hash FROM base.audit
UNION ALL
SELECT closed_at, closed_by, 'close', concat_ws(' ', billing_period, provider_id, billing_account_id, currency),
       concat_ws('; ', CASE WHEN partial THEN 'partial' END, reason), NULL, NULL, NULL FROM base.closure
UNION ALL
SELECT reopened_at, reopened_by, 'reopen', concat_ws(' ', billing_period, provider_id, billing_account_id, currency), reopened_reason,
       NULL, NULL, NULL
FROM base.closure WHERE reopened_at IS NOT NULL;

-- what became of each action of each plan that was applied, as the log beside the store tells it
CREATE OR REPLACE VIEW fix_history AS
SELECT plan, action_id, provider_id AS x_ProviderId, account_id AS SubAccountId, resource_id AS ResourceId, key, changes, verdict, reason,
       finding_id, owner, state, state_reason, sent_at, ended_at, actor, approval, approved_by, verified_at, undo, undone_at,
       currency AS BillingCurrency, billed_recovered, effective_recovered
FROM base.fix_effect;

CREATE OR REPLACE VIEW reviews AS
SELECT event_no, "at", reviewer, action_id, provider_id AS x_ProviderId, account_id AS SubAccountId, resource_id AS ResourceId, key, decision,
       value, until, adjudicates, comment, suggested
FROM base.review;

-- coverage by count, night after night, by the registry of now
CREATE OR REPLACE VIEW live_coverage AS
SELECT observed_at, key, provider_id AS x_ProviderId, resources, labelled, taggable, taggable_labelled FROM base.live_coverage;

CREATE OR REPLACE VIEW source_files AS
SELECT f.source, f.path, f.content_hash, f.size_bytes, f.focus_version, p.billing_periods, f.source_rows,
       CASE WHEN f.status = 'loaded' THEN f.source_rows - coalesce(q.n, 0) - coalesce(p.excluded, 0) ELSE 0 END AS loaded_rows,
       coalesce(q.n, 0) AS quarantined_rows,
       CASE WHEN f.status IN ('held', 'refused', 'unreadable') THEN f.source_rows ELSE coalesce(p.excluded, 0) END AS excluded_rows,
       f.residue_rows, f.residue, f.status, f.reason, f.loaded_at, f.format, f.raw_column, f.delivery
FROM base.source_file f
LEFT JOIN (SELECT file_no, list(DISTINCT billing_period ORDER BY billing_period) FILTER (billing_period IS NOT NULL) AS billing_periods,
                  sum(excluded_rows)::BIGINT AS excluded FROM base.file_book GROUP BY ALL) p USING (file_no)
LEFT JOIN (SELECT file_no, count(*) FILTER (row_number > 0) AS n FROM base.quarantine GROUP BY ALL) q USING (file_no);

-- the bridge from a format's own cost column (step 0) to BilledCost, over the files in force
CREATE OR REPLACE VIEW source_steps AS
SELECT billing_period, provider_id AS x_ProviderId, billing_account_id AS BillingAccountId, currency AS BillingCurrency, step_no, step,
       sum(amount) AS amount
FROM (
    SELECT b.billing_period, b.provider_id, b.billing_account_id, b.currency, 0 AS step_no, f.raw_column AS step, b.raw_cost AS amount
    FROM base.file_book b JOIN base.source_file f USING (file_no) WHERE b.in_force AND b.counts <> 'effective' AND f.raw_column <> 'BilledCost'
    UNION ALL
    SELECT s.billing_period, s.provider_id, s.billing_account_id, s.currency, s.step_no + 1, s.step, s.amount
    FROM base.file_step s JOIN base.file_book b USING (file_no, billing_period, provider_id, billing_account_id, currency)
    WHERE b.in_force AND b.counts <> 'effective' AND s.amount <> 0)
GROUP BY ALL ORDER BY ALL;

CREATE OR REPLACE VIEW restatements AS
SELECT restated_at, billing_period, provider_id AS x_ProviderId, billing_account_id AS BillingAccountId, currency AS BillingCurrency,
       sub_account_id AS SubAccountId, service_name AS ServiceName, charge_category AS ChargeCategory, billed_before, billed_after,
       billed_after - billed_before AS billed_change, effective_before, effective_after,
       effective_after - effective_before AS effective_change, charges_before, charges_after
FROM base.restatement;

CREATE OR REPLACE VIEW quarantine AS
SELECT f.source, f.path, q.row_number, q.column_name, q.reason, q.text, q.billing_period, q.billed AS BilledCost, q.effective AS EffectiveCost
FROM base.quarantine q JOIN base.source_file f USING (file_no);

CREATE OR REPLACE VIEW closing AS
SELECT billing_period, provider_id AS x_ProviderId, billing_account_id AS BillingAccountId, currency AS BillingCurrency,
       * EXCLUDE (billing_period, provider, provider_id, billing_account_id, currency)
FROM base.closing;

CREATE OR REPLACE VIEW runs AS SELECT * EXCLUDE (gaps) FROM base.run;

-- what each account of the ledger holds, with the rate to the reporting currency. The product has too many digits for SQL
-- (recon/rates.py makes it)
CREATE OR REPLACE VIEW owner_totals AS
WITH total AS (
    SELECT billing_period, account, owner, BillingCurrency, sum(EffectiveCost)::DECIMAL(38,24) AS EffectiveCost,
           sum(BilledCost)::DECIMAL(38,24) AS BilledCost
    FROM ledger GROUP BY ALL
), wanted AS (
    SELECT nullif(max(value), '') AS reporting_currency FROM base.meta WHERE name = 'reporting_currency'
)
SELECT t.billing_period, t.account, t.owner, t.BillingCurrency, t.EffectiveCost, t.BilledCost,
       CASE WHEN t.BillingCurrency = w.reporting_currency THEN 1::DECIMAL(38,24) ELSE r.rate END AS rate,
       CASE WHEN t.BillingCurrency = w.reporting_currency THEN 'same currency' ELSE r.source END AS rate_source, w.reporting_currency
FROM total t CROSS JOIN wanted w LEFT JOIN base.rate r
    ON r.month = t.billing_period AND r.from_currency = t.BillingCurrency AND r.to_currency = w.reporting_currency
WHERE starts_with(t.account, 'owner:') OR t.EffectiveCost <> 0 OR t.BilledCost <> 0;

-- virtual tags: the charges by the value of each dimension of allocation.yaml, before splits
CREATE OR REPLACE VIEW dimensions AS
SELECT b.billing_period, b.provider_id AS x_ProviderId, b.billing_account_id AS BillingAccountId, b.currency AS BillingCurrency,
       s.dimension, s.value, s.rule_id, s.account, s.billed AS BilledCost, s.effective AS EffectiveCost, s.charges
FROM base.dimension_sum s JOIN base.book b USING (book_no);

-- what each account's statement is made of: by how it came, for shares by pool, for adjustments by the month they come from
CREATE OR REPLACE VIEW statement_parts AS
SELECT billing_period, account, owner, BillingCurrency,
       CASE WHEN starts_with(basis, 'adjustment') THEN 'adjustments' WHEN origin_account IS NOT NULL THEN 'shared'
            WHEN rung IN ('inherited', 'default') THEN 'inherited' ELSE 'direct' END AS part,
       CASE WHEN NOT starts_with(basis, 'adjustment') THEN origin_account END AS pool, origin_period,
       CASE WHEN starts_with(basis, 'adjustment') THEN substr(basis, 13) END AS reason,
       sum(EffectiveCost)::DECIMAL(38,24) AS EffectiveCost, sum(BilledCost)::DECIMAL(38,24) AS BilledCost, count(*) AS entries
FROM ledger GROUP BY ALL;
