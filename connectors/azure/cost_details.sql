-- How a line of Azure's cost details (EA, MCA, MPA, pay-as-you-go, older usage details) reads in FOCUS.
-- Columns carry one name whatever the file calls them (PreTaxCost, Cost and CostInBillingCurrency are `cost`).
-- amount(…) is an exact number, cell(…) text or null, times(…) a product. x_…: what we ask about a line:
--   x_kind           ChargeType in lower case; `usage` where the file has no such column
--   x_by_commitment  a reservation or savings plan pays for it (or it is one's purchase)
--   x_costs          what the file's cost column is: actual, amortized, combined (amortized, purchases still there), plain
SELECT
    {carried},

    -- What was billed. Where costs are amortized, covered usage carries a share of what a commitment cost; its purchase
    -- was billed, on another day and in an actual file.
    cost                                                                      AS x_SourceCost,
    CASE WHEN x_costs IN ('amortized', 'combined')
          AND (x_kind IN ('unusedreservation', 'unusedsavingsplan') OR x_kind = 'usage' AND x_by_commitment)
         THEN -cost ELSE 0 END                                                AS step_amortized,
    x_SourceCost + step_amortized                                             AS BilledCost,

    -- What it cost with commitments spread over what used them. In an actual file that is not known: the cost stands in.
    CASE WHEN x_costs = 'combined' AND x_kind IN ('purchase', 'refund') AND x_by_commitment
         THEN cost - cost                                                     -- 0: spread over what used it
         ELSE cost END                                                        AS EffectiveCost,
    coalesce(amount(exchange_rate), CASE WHEN cell(pricing_currency) IS NULL
        OR upper(cell(pricing_currency)) = upper(cell(billing_currency)) THEN 1 END) AS x_PriceExchangeRate,  -- to the bill's currency
    times(amount(payg_price), x_PriceExchangeRate)                            AS ListUnitPrice,
    times(amount(unit_price), x_PriceExchangeRate)                            AS ContractedUnitPrice,
    coalesce(amount(payg_cost), times(ListUnitPrice, amount(quantity)))       AS ListCost,
    times(ContractedUnitPrice, amount(quantity))                              AS ContractedCost,
    CASE WHEN cell(cost_allocation_rule_name) IS NOT NULL
         THEN 'rows of an Azure cost allocation rule: they only move cost and are not on the invoice' END AS x_Excluded,

    -- Whose bill, and when
    x_period_start                                                            AS BillingPeriodStart,
    x_period_end                                                              AS BillingPeriodEnd,       -- files write the last day
    x_day                                                                     AS ChargePeriodStart,
    x_day + INTERVAL 1 DAY                                                    AS ChargePeriodEnd,
    'Microsoft'                                                               AS ProviderName,
    'Microsoft'                                                               AS ServiceProviderName,
    cell(x_account)                                                           AS BillingAccountId,       -- MCA, MPA: the billing profile
    cell(x_account_name)                                                      AS BillingAccountName,
    x_account_type                                                            AS BillingAccountType,
    upper(cell(billing_currency))                                             AS BillingCurrency,
    coalesce(upper(cell(pricing_currency)), BillingCurrency)                  AS PricingCurrency,
    cell(subscription_id)                                                     AS SubAccountId,
    cell(subscription_name)                                                   AS SubAccountName,
    'Subscription'                                                            AS SubAccountType,
    cell(invoice_id)                                                          AS InvoiceId,
    coalesce(cell(partner_name), 'Microsoft')                                 AS InvoiceIssuerName,
    {publisher}                                                               AS PublisherName,

    -- What kind of charge
    CASE WHEN x_kind IN ('usage', 'unusedreservation', 'unusedsavingsplan')   THEN 'Usage'
         WHEN x_kind IN ('purchase', 'refund')                                THEN 'Purchase'
         WHEN x_kind = 'tax'                                                  THEN 'Tax'
         WHEN x_kind = 'credit'                                               THEN 'Credit'
         ELSE 'Adjustment' END                                                AS ChargeCategory,         -- RoundingAdjustment, and all we don't know
    CASE WHEN x_kind = 'refund' THEN 'Correction' END                         AS ChargeClass,
    CASE replace(lower(cell(frequency)), '-', '')
         WHEN 'onetime' THEN 'One-Time' WHEN 'recurring' THEN 'Recurring' WHEN 'usagebased' THEN 'Usage-Based'
         ELSE CASE WHEN ChargeCategory = 'Usage' THEN 'Usage-Based' END END   AS ChargeFrequency,
    coalesce(cell(product_name), cell(meter_name))                            AS ChargeDescription,
    CASE WHEN ChargeCategory = 'Tax'                                          THEN NULL
         WHEN x_by_commitment                                                 THEN 'Committed'
         WHEN x_pricing = 'spot'                                              THEN 'Dynamic'
         WHEN x_pricing = 'ondemand' OR ChargeCategory = 'Usage'              THEN 'Standard' END AS PricingCategory,

    -- Commitments
    x_commitment                                                              AS CommitmentDiscountId,   -- benefitId; ReservationId before
    coalesce(cell(benefit_name), cell(reservation_name))                      AS CommitmentDiscountName,
    CASE WHEN x_commitment IS NULL                                            THEN NULL
         WHEN contains(lower(x_commitment), '/microsoft.billingbenefits/') OR x_pricing = 'savingsplan' THEN 'Spend'
         ELSE 'Usage' END                                                     AS CommitmentDiscountCategory,
    CASE CommitmentDiscountCategory WHEN 'Spend' THEN 'Savings Plan' WHEN 'Usage' THEN 'Reservation' END
                                                                              AS CommitmentDiscountType,
    CASE WHEN x_kind IN ('unusedreservation', 'unusedsavingsplan')            THEN 'Unused'
         WHEN x_kind = 'usage' AND x_by_commitment                            THEN 'Used' END AS CommitmentDiscountStatus,
    x_is_commitment                                                           AS x_IsCommitment,

    -- What was used, and where
    coalesce(nullif(cell(meter_category), 'Unassigned'), cell(service_name), cell(consumed_service), cell(product_name))
                                                                              AS ServiceName,
    CASE replace(lower(cell(resource_location)), ' ', '') {regions} END       AS RegionId,
    cell(resource_location)                                                   AS RegionName,
    cell(availability_zone)                                                   AS AvailabilityZone,
    CASE WHEN x_kind IN ('unusedreservation', 'unusedsavingsplan')
         THEN coalesce(x_commitment, nullif(resource_id, '')) ELSE nullif(resource_id, '') END AS ResourceId,
    coalesce(cell(resource_name), regexp_extract(nullif(resource_id, ''), '([^/]+)/*$', 1)) AS ResourceName,
    x_resource_type                                                           AS ResourceType,
    amount(quantity)                                                          AS PricingQuantity,        -- counts whole units of measure
    cell(unit_of_measure)                                                     AS PricingUnit,            -- "100 Hours", "10K", "1 GB/Month"
    coalesce(try_cast(regexp_extract(PricingUnit, '^\d+') AS INTEGER), 1)
        * CASE regexp_extract(PricingUnit, '^\d+([KM])\b', 1) WHEN 'K' THEN 1000 WHEN 'M' THEN 1000000 ELSE 1 END
                                                                              AS x_UnitSize,
    trim(regexp_replace(PricingUnit, '^\d+([KM]\b)?', ''))                    AS x_UnitName,
    CASE WHEN x_kind = 'usage' THEN times(PricingQuantity, x_UnitSize) END    AS ConsumedQuantity,
    CASE WHEN x_kind = 'usage' AND PricingUnit IS NOT NULL THEN
         CASE WHEN x_UnitName = '' OR starts_with(x_UnitName, '/') THEN 'Units' || x_UnitName ELSE x_UnitName END
         END                                                                  AS ConsumedUnit,
    cell(product_id)                                                          AS SkuId,
    cell(meter_name)                                                          AS SkuMeter,

    -- Tags: a JSON object, often without its braces
    CASE WHEN cell(tags) IS NULL OR starts_with(trim(tags), '{') OR starts_with(trim(tags), '[') THEN tags
         ELSE '{' || tags || '}' END                                           AS Tags,

    -- The file's own words
    cell(charge_type)                                                         AS x_ChargeType,
    cell(pricing_model)                                                       AS x_PricingModel,
    CASE WHEN x_no_period THEN 'month of the day' ELSE 'billing period of the line' END AS x_BillingPeriodFrom,
    cell(resource_group)                                                      AS x_ResourceGroupName,
    cell(cost_allocation_rule_name)                                           AS x_CostAllocationRuleName,
    cell(cost_center)                                                         AS x_CostCenter,
    cell(invoice_section_id)                                                  AS x_InvoiceSectionId,
    cell(invoice_section_name)                                                AS x_InvoiceSectionName,
    cell(previous_invoice_id)                                                 AS x_PreviousInvoiceId,
    cell(account_id)                                                          AS x_AccountId,
    cell(account_name)                                                        AS x_AccountName,
    cell(account_owner_id)                                                    AS x_AccountOwnerId,
    cell(billing_account_id)                                                  AS x_BillingAccountId,     -- of an MCA, above the profile
    cell(billing_profile_id)                                                  AS x_BillingProfileId,
    cell(customer_name)                                                       AS x_CustomerName,
    cell(customer_tenant_id)                                                  AS x_CustomerId,
    cell(reseller_name)                                                       AS x_ResellerName,
    cell(consumed_service)                                                    AS x_ConsumedService,
    cell(service_family)                                                      AS x_SkuServiceFamily,
    cell(meter_id)                                                            AS x_SkuMeterId,
    cell(meter_category)                                                      AS x_SkuMeterCategory,
    cell(meter_sub_category)                                                  AS x_SkuMeterSubcategory,
    cell(meter_region)                                                        AS x_SkuRegion,
    cell(part_number)                                                         AS x_SkuPartNumber,
    cell(offer_id)                                                            AS x_SkuOfferId,
    cell(plan_name)                                                           AS x_SkuPlanName,
    cell(term)                                                                AS x_SkuTerm,
    cell(product_order_id)                                                    AS x_SkuOrderId,
    cell(product_order_name)                                                  AS x_SkuOrderName,
    cell(publisher_type)                                                      AS x_PublisherCategory,
    cell(additional_info)                                                     AS x_SkuDetails,
    cell(service_info1)                                                       AS x_ServiceInfo1,
    cell(service_info2)                                                       AS x_ServiceInfo2,
    amount(effective_price)                                                   AS x_EffectiveUnitPrice,
    amount(cost_in_usd)                                                       AS x_SourceCostInUsd,
    amount(cost_in_pricing_currency)                                          AS x_SourceCostInPricingCurrency
FROM {raw}
