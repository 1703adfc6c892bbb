-- Azure cost details of an enterprise agreement, as CSV: 57 columns, tags without their outer braces.
SELECT
    'Contoso' AS InvoiceSectionName, 'Engineering' AS AccountName, 'owner@example.com' AS AccountOwnerId,
    '00000000-0000-4000-8000-' || account AS SubscriptionId, 'subscription ' || account AS SubscriptionName,
    'rg-' || team AS ResourceGroup, region AS ResourceLocation, strftime(starts, '%m/%d/%Y') AS Date,
    {product} AS ProductName, {product} AS MeterCategory,
    'series ' || (sku % 40) AS MeterSubCategory, md5(sku::VARCHAR)::UUID AS MeterId, 'D' || (sku % 64) || ' v5' AS MeterName, 'EU West' AS MeterRegion, '1 Hour' AS UnitOfMeasure,
    printf('%.16f', (i % 24) / 24.0) AS Quantity, printf('%.18f', cost / 2) AS EffectivePrice, printf('%.20f', cost) AS CostInBillingCurrency,
    NULL AS CostCenter, 'Microsoft.Compute' AS ConsumedService,
    CASE WHEN kind IN ('Tax', 'Free') THEN NULL ELSE '/subscriptions/00000000-0000-4000-8000-' || account || '/resourceGroups/rg-' || team || '/providers/Microsoft.Compute/virtualMachines/vm-' || hex END AS ResourceId,
    '"cost-center": "' || cost_center || '","environment": "' || environment || '","app": "' || app || '","team": "' || team || '","name": "' || named || '","createdby": "' || created_by || '"' AS Tags,
    'MS-AZR-0017P' AS OfferId, '{"ServiceType":"Standard_D' || (sku % 64) || '","VMName":"vm","UsageType":"ComputeHR"}' AS AdditionalInfo, NULL AS ServiceInfo1, 'Canonical' AS ServiceInfo2,
    'vm-' || hex AS ResourceName, NULL AS ReservationId, NULL AS ReservationName, printf('%.12f', (sku % 97) * 0.0104) AS UnitPrice, NULL AS ProductOrderId,
    NULL AS ProductOrderName, NULL AS Term, 'Azure' AS PublisherType, 'Microsoft' AS PublisherName,
    CASE WHEN kind = 'Tax' THEN 'Tax' ELSE 'Usage' END AS ChargeType, 'UsageBased' AS Frequency, 'OnDemand' AS PricingModel, 'AAH-' || (sku % 999) AS AvailabilityZone,
    '90000000' || (r % 3) AS BillingAccountId, 'Contoso' AS BillingAccountName, '10/01/2026' AS BillingPeriodStartDate, '10/31/2026' AS BillingPeriodEndDate,
    '90000000' || (r % 3) AS BillingProfileId, 'Contoso' AS BillingProfileName, 'USD' AS BillingCurrencyCode, 'AAH-' || (sku % 999) AS PartNumber,
    NULL AS PlanName, 'Compute' AS ServiceFamily, 'USD' AS PricingCurrency, printf('%.12f', (sku % 97) * 0.0104) AS PayGPrice, NULL AS BenefitId, NULL AS BenefitName,
    NULL AS InvoiceSectionId, 'true' AS IsAzureCreditEligible, NULL AS CostAllocationRuleName, 'DZH318Z0' || (sku % 999) AS ProductId
FROM line
