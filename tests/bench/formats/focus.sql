-- FOCUS 1.2, tags as JSON text or as a MAP.
SELECT cost AS BilledCost, cost * 0.9 AS EffectiveCost, cost * 2 AS ListCost, cost AS ContractedCost,
    '90000000000' || (r % 3) AS BillingAccountId, 'Contoso' AS BillingAccountName, 'USD' AS BillingCurrency,
    {period_start} AS BillingPeriodStart, {period_end} AS BillingPeriodEnd, {starts} AS ChargePeriodStart, {ends} AS ChargePeriodEnd,
    CASE kind WHEN 'Free' THEN 'Usage' ELSE kind END AS ChargeCategory, NULL::VARCHAR AS ChargeClass, 'Usage-Based' AS ChargeFrequency,
    'On Demand Linux instance of kind ' || (sku % 97) || ', hour' AS ChargeDescription,
    NULL::VARCHAR AS CommitmentDiscountId, NULL::VARCHAR AS CommitmentDiscountStatus, NULL::VARCHAR AS CommitmentDiscountType,
    1.0::DOUBLE AS ConsumedQuantity, 'Hrs' AS ConsumedUnit, 1.0::DOUBLE AS PricingQuantity, 'Hrs' AS PricingUnit, 'Standard' AS PricingCategory,
    'AWS' AS ProviderName, 'AWS' AS PublisherName, 'Amazon Web Services EMEA SARL' AS InvoiceIssuerName, 'inv-' || (r % 3) AS InvoiceId,
    region AS RegionId, 'Region ' || region AS RegionName, nullif({resource}, '') AS ResourceId, 'n' || r AS ResourceName, 'AWS::EC2::Instance' AS ResourceType,
    'Compute' AS ServiceCategory, {product} AS ServiceName, account AS SubAccountId, 'account ' || account AS SubAccountName,
    'sku-' || sku AS SkuId, 'price-' || sku AS SkuPriceId, {tags} AS Tags
FROM line
