-- Google Cloud billing export, detailed, nested as BigQuery has it.
SELECT
    '0A1B2C-3D4E5F-6A7B8' || (r % 3) AS billing_account_id,
    {id: substr(md5(s::VARCHAR), 1, 4), description: {product}} AS service,
    {id: substr(md5(sku::VARCHAR), 1, 12), description: 'N2 core of kind ' || (sku % 97) || ' in ' || region} AS sku,
    {stamp_starts} AS usage_start_time, {stamp_ends} AS usage_end_time,
    CASE WHEN kind <> 'Tax' THEN {id: 'project-' || account, number: account, name: 'Project ' || account, labels: [{key: 'team', value: team}], ancestry_numbers: '/1/2/'} END AS project,
    CASE WHEN kind = 'Tax' THEN [] ELSE [{key: 'cost-center', value: cost_center}, {key: 'environment', value: environment}, {key: 'app', value: app}, {key: 'name', value: named}] END AS labels,
    [{key: 'compute.googleapis.com/cores', value: (sku % 8)::VARCHAR}] AS system_labels,
    CASE WHEN r % 5 = 0 THEN [{key: 'unit', value: 'u' || (r % 7), inherited: true, namespace: 'acme'}] ELSE [] END AS tags,
    {location: region, country: 'BE', region: region, zone: region || '-b'} AS location,
    CASE WHEN kind IN ('Tax', 'Free') THEN NULL ELSE {name: 'vm-' || hex, global_name: '//compute.googleapis.com/projects/' || account || '/zones/b/instances/' || hex} END AS resource,
    'GOOGLE' AS transaction_type, NULL::VARCHAR AS seller_name, {instance_id: NULL::VARCHAR} AS subscription, {stamp_ends} AS export_time,
    cost AS cost, cost * 2 AS cost_at_list, 'EUR' AS currency, 0.9::DOUBLE AS currency_conversion_rate,
    {amount: 3600.0::DOUBLE, unit: 'seconds', amount_in_pricing_units: 1.0::DOUBLE, pricing_unit: 'hour'} AS usage,
    {effective_price: (sku % 97) * 0.0104::DOUBLE, list_price: (sku % 97) * 0.0208::DOUBLE, tier_start_amount: 0.0::DOUBLE} AS price,
    CASE WHEN r % 4 = 0 THEN [{id: 'sud', full_name: 'Sustained use discount', name: 'Sustained use discount', type: 'SUSTAINED_USAGE_DISCOUNT', amount: -cost / 5}] ELSE [] END AS credits,
    {month: '202610'} AS invoice, CASE WHEN kind = 'Tax' THEN 'tax' ELSE 'regular' END AS cost_type,
    {id: NULL::VARCHAR, description: NULL::VARCHAR, mode: NULL::VARCHAR, type: NULL::VARCHAR} AS adjustment_info
FROM line
