-- Cost and Usage Report, legacy, as Parquet: doubles, timestamps, a column per tag.
SELECT
    substr(base64(line_id::BLOB), 1, 42) AS identity_line_item_id, NULL::VARCHAR AS bill_invoice_id,
    'Amazon Web Services EMEA SARL' AS bill_invoicing_entity, 'AWS' AS bill_billing_entity, 'Anniversary' AS bill_bill_type,
    '90000000000' || (r % 3) AS bill_payer_account_id, TIMESTAMP '2026-10-01' AS bill_billing_period_start_date, TIMESTAMP '2026-11-01' AS bill_billing_period_end_date,
    account AS line_item_usage_account_id, CASE kind WHEN 'Free' THEN 'Usage' ELSE kind END AS line_item_line_item_type,
    starts AS line_item_usage_start_date, ends AS line_item_usage_end_date, {service} AS line_item_product_code, 'EU-' || {usage} AS line_item_usage_type,
    'RunInstances:' || (sku % 30) AS line_item_operation, CASE WHEN s = 0 THEN region || 'a' END AS line_item_availability_zone,
    nullif({resource}, '') AS line_item_resource_id, (i % 24) / 24.0::DOUBLE AS line_item_usage_amount, 'USD' AS line_item_currency_code,
    ((sku % 97) * 0.0104)::VARCHAR AS line_item_unblended_rate, cost AS line_item_unblended_cost, cost AS line_item_blended_cost,
    'On Demand Linux instance of kind ' || (sku % 97) || ', hour' AS line_item_line_item_description, NULL::VARCHAR AS line_item_tax_type,
    'Amazon Web Services EMEA SARL' AS line_item_legal_entity,
    {product_columns}
    cost AS pricing_public_on_demand_cost, ((sku % 97) * 0.0104)::VARCHAR AS pricing_public_on_demand_rate, 'Hrs' AS pricing_unit, 'USD' AS pricing_currency,
    NULL::VARCHAR AS reservation_reservation_a_r_n, NULL::DOUBLE AS reservation_effective_cost, NULL::DOUBLE AS reservation_unused_amortized_upfront_fee_for_billing_period,
    NULL::DOUBLE AS reservation_unused_recurring_fee, NULL::VARCHAR AS savings_plan_savings_plan_a_r_n, NULL::DOUBLE AS savings_plan_savings_plan_effective_cost,
    NULL::DOUBLE AS savings_plan_total_commitment_to_date, NULL::DOUBLE AS savings_plan_used_commitment,
    {tag_columns}
FROM line
