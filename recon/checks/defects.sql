-- Charges with a defect verdict, gathered to one row per finding: verdict × key × provider × sub account × resource.
-- $owner: the owner key; $numbers, $names: the defect verdicts. Integers are grouped first, text joins late.
WITH owner AS (
    SELECT charge_no, resolved_no FROM base.judgement
    WHERE key_no = (SELECT key_no FROM base.registry_key WHERE key = $owner)
), gathered AS (
    SELECT j.verdict, j.key_no, c.book_no, c.dim_no, c.bill_resource_no, c.tagset_no,
           j.billed_no, j.live_no, j.expected_no, j.resolved_no, j.rung, j.live_known, o.resolved_no AS owner_no,
           min(c.day) AS first_day, max(c.day) AS last_day, sum(c.lines) AS lines,
           sum(c.billed) AS billed, sum(c.effective) AS effective
    FROM base.judgement j
    JOIN base.charge c ON c.charge_no = j.charge_no
    LEFT JOIN owner o ON o.charge_no = j.charge_no
    WHERE j.verdict IN (SELECT unnest($numbers::INTEGER[]))
    GROUP BY ALL
), named AS (
    SELECT v.verdict, v.verdict = 'not-activated' AS is_wide, g.* EXCLUDE (verdict, book_no, dim_no),
           b.provider_id, b.billing_account_id, b.billing_period, b.currency, d.sub_account_id AS account,
           d.inherited_tagset_no, m.resource_no, coalesce(r.resource_id, br.resource_id) AS resource
    FROM gathered g
    JOIN (SELECT unnest($numbers::INTEGER[]) AS number, unnest($names::VARCHAR[]) AS verdict) v ON v.number = g.verdict
    JOIN base.book b ON b.book_no = g.book_no
    JOIN base.charge_dim d ON d.dim_no = g.dim_no
    LEFT JOIN base.bill_resource br ON br.bill_resource_no = g.bill_resource_no
    LEFT JOIN base.bill_match m ON m.bill_resource_no = g.bill_resource_no
    LEFT JOIN base.resource r ON r.resource_no = m.resource_no
), placed AS (
    -- a key that was never activated is one cause per billing account; so is what names no sub account
    SELECT *, CASE WHEN NOT is_wide THEN account END AS sub_account_id,
           CASE WHEN is_wide OR account IS NULL THEN billing_account_id END AS payer,
           CASE WHEN NOT is_wide THEN resource END AS resource_id
    FROM named
), summed AS (
    SELECT *, min(first_day) OVER every AS from_day, max(last_day) OVER every AS to_day,
           sum(lines) OVER every AS all_lines, list(DISTINCT billing_period) OVER every AS periods,
           list(DISTINCT currency) OVER month AS currencies, count(DISTINCT resource) OVER stake AS resources,
           sum(billed) OVER stake AS stake_billed, sum(effective) OVER stake AS stake_effective
    FROM placed
    WINDOW every AS (PARTITION BY verdict, key_no, provider_id, sub_account_id, payer, resource_id),
           month AS (PARTITION BY verdict, key_no, provider_id, sub_account_id, payer, resource_id, billing_period),
           stake AS (PARTITION BY verdict, key_no, provider_id, sub_account_id, payer, resource_id,
                     billing_period, billing_account_id, currency)
), top AS (
    -- the newest period; in it the book, and in that the charges, that cost most; ties by content
    SELECT * FROM summed
    QUALIFY row_number() OVER (
        PARTITION BY verdict, key_no, provider_id, sub_account_id, payer, resource_id
        ORDER BY billing_period DESC, stake_effective DESC, billing_account_id, currency,
                 effective DESC, billed DESC, last_day DESC, tagset_no, billed_no, live_no, expected_no,
                 resolved_no, rung, owner_no, resource) = 1
)
SELECT t.verdict, k.key, t.provider_id, t.billing_account_id, t.sub_account_id, t.resource_id, t.billing_period,
       t.currency, t.from_day, t.to_day, t.last_day, t.all_lines::BIGINT AS lines, list_sort(t.periods) AS periods,
       t.resources, list_sort(t.currencies) AS currencies, t.stake_billed::DECIMAL(38,24) AS billed,
       t.stake_effective::DECIMAL(38,24) AS effective, t.tagset_no, t.inherited_tagset_no,
       s.tagset_no AS live_tagset_no, bv.value AS billed_value, lv.value AS live_value, ev.value AS expected_value,
       rv.value AS resolved_value, ov.value AS owner, t.rung, t.live_known
FROM top t
JOIN base.registry_key k ON k.key_no = t.key_no
LEFT JOIN base.resource_state s ON s.resource_no = t.resource_no AND s.valid_to IS NULL
LEFT JOIN base.value bv ON bv.value_no = t.billed_no
LEFT JOIN base.value lv ON lv.value_no = t.live_no
LEFT JOIN base.value ev ON ev.value_no = t.expected_no
LEFT JOIN base.value rv ON rv.value_no = t.resolved_no
LEFT JOIN base.value ov ON ov.value_no = t.owner_no
ORDER BY t.verdict, t.provider_id, t.billing_account_id, t.sub_account_id, t.resource_id, k.key
