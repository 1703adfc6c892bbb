-- How a line of Google Cloud's billing export (standard or detailed) reads in FOCUS.
-- Fields carry their BigQuery names, `service.description` as service_description. instant(…) is a time in UTC,
-- amount(…) an exact number, cell(…) text or null, pairs(…) a list of labels or tags, json_of(…) the field as JSON.
-- x_part: 'line' as delivered; 'credit' is a row that we derive, one for each of a line's credits. It carries all that
-- its line says, but the line's cost, quantities and prices.
SELECT
    {carried},

    -- What was billed. Google gives no amortized cost: commitments are paid month by month, and what they save stands
    -- in the credits (or already in `cost`), so that the effective cost is the billed one.
    CASE WHEN x_part = 'line' THEN cost ELSE 0 END                          AS x_SourceCost,
    CASE WHEN x_part = 'credit' THEN credit_amount ELSE 0 END               AS step_credits,
    x_SourceCost + step_credits                                             AS BilledCost,
    x_SourceCost + step_credits                                             AS EffectiveCost,
    CASE WHEN x_part = 'line' THEN amount(cost_at_list) ELSE 0 END          AS ListCost,
    CASE WHEN x_part = 'line' THEN cost ELSE 0 END                          AS ContractedCost,   -- before credits
    CASE WHEN x_part = 'line' THEN amount(price_list_price) END             AS ListUnitPrice,
    CASE WHEN x_part = 'line' THEN amount(price_effective_price) END        AS ContractedUnitPrice,

    -- Whose bill, and when. The invoice month decides, not the day of use: late usage stands on the next invoice.
    month_start(invoice_month)                                              AS BillingPeriodStart,
    month_start(invoice_month) + INTERVAL 1 MONTH                           AS BillingPeriodEnd,
    instant(usage_start_time)                                               AS ChargePeriodStart,
    instant(usage_end_time)                                                 AS ChargePeriodEnd,
    'Google Cloud'                                                          AS ProviderName,
    'Google Cloud'                                                          AS ServiceProviderName,
    'Google Cloud'                                                          AS InvoiceIssuerName,
    CASE WHEN coalesce(cell(transaction_type), 'GOOGLE') = 'GOOGLE' AND cell(seller_name) IS NULL THEN 'Google Cloud'
         WHEN cell(transaction_type) = 'GOOGLE' THEN 'Google Cloud'
         ELSE cell(seller_name) END                                         AS PublisherName,    -- Marketplace: the seller
    cell(billing_account_id)                                                AS BillingAccountId,
    'Billing Account'                                                       AS BillingAccountType,
    cell(project_id)                                                        AS SubAccountId,     -- none: tax, support
    cell(project_name)                                                      AS SubAccountName,
    CASE WHEN SubAccountId IS NOT NULL THEN 'Project' END                   AS SubAccountType,
    upper(cell(currency))                                                   AS BillingCurrency,

    -- What kind of charge
    CASE
        WHEN x_part = 'credit'                                              THEN 'Credit'
        WHEN cell(adjustment_info_type) IN ('GOODWILL', 'SALES_BASED_GOODWILL', 'SLA_VIOLATION') THEN 'Credit'
        WHEN x_is_commitment_fee                                            THEN 'Purchase'
        WHEN lower(cell(cost_type)) = 'regular'                             THEN 'Usage'
        WHEN lower(cell(cost_type)) = 'tax'                                 THEN 'Tax'
        ELSE 'Adjustment'                                  -- adjustment, rounding_error, and every type we don't know
    END                                                                     AS ChargeCategory,
    CASE WHEN x_corrects_earlier_month THEN 'Correction' END                AS ChargeClass,
    CASE ChargeCategory WHEN 'Usage' THEN 'Usage-Based' WHEN 'Purchase' THEN 'Recurring' ELSE 'One-Time' END
                                                                            AS ChargeFrequency,
    CASE WHEN x_part = 'credit' THEN coalesce(cell(credit_full_name), cell(credit_name), cell(credit_type))
         ELSE cell(sku_description) END                                     AS ChargeDescription,
    CASE WHEN ChargeCategory <> 'Usage'                                     THEN NULL
         WHEN x_has_commitment_credit                                       THEN 'Committed'
         WHEN regexp_matches(sku_description, '(?i)\b(spot|preemptible)\b') THEN 'Dynamic'
         ELSE 'Standard' END                                                AS PricingCategory,

    -- Commitments. A fee is a Purchase; what it saves are credits of these types.
    x_is_commitment_fee AND x_part = 'line'                                 AS x_IsCommitment,
    CASE WHEN credit_type IN ('COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', 'FEE_UTILIZATION_OFFSET')
         THEN coalesce(cell(subscription_instance_id), cell(credit_id), cell(credit_name))
         WHEN x_part = 'line' THEN cell(subscription_instance_id) END       AS CommitmentDiscountId,
    CASE WHEN credit_type = 'COMMITTED_USAGE_DISCOUNT'                      THEN 'Usage'
         WHEN credit_type IN ('COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', 'FEE_UTILIZATION_OFFSET') THEN 'Spend'
         WHEN x_IsCommitment AND contains(lower(sku_description), 'dollar based') THEN 'Spend'
         WHEN x_IsCommitment                                                THEN 'Usage'
         END                                                                AS CommitmentDiscountCategory,
    CASE WHEN CommitmentDiscountCategory IS NOT NULL OR CommitmentDiscountId IS NOT NULL THEN 'CUD' END
                                                                            AS CommitmentDiscountType,
    CASE WHEN CommitmentDiscountCategory IS NOT NULL THEN ChargeDescription END AS CommitmentDiscountName,

    -- What was used, and where. The standard export names no resource.
    cell(service_description)                                               AS ServiceName,
    cell(location_region)                                                   AS RegionId,
    cell(location_zone)                                                     AS AvailabilityZone,
    coalesce(nullif(resource_global_name, ''), nullif(resource_name, ''))   AS ResourceId,
    cell(resource_name)                                                     AS ResourceName,
    CASE WHEN NOT contains(x_resource_type, '.') THEN cell(x_resource_type) END AS ResourceType, -- the `instances` of …/instances/name
    CASE WHEN x_part = 'line' AND ChargeCategory = 'Usage' THEN amount(usage_amount) END AS ConsumedQuantity,
    CASE WHEN ConsumedQuantity IS NOT NULL THEN cell(usage_unit) END        AS ConsumedUnit,
    CASE WHEN x_part = 'line' AND ChargeCategory IN ('Usage', 'Purchase')
         THEN amount(usage_amount_in_pricing_units) END                     AS PricingQuantity,
    CASE WHEN PricingQuantity IS NOT NULL THEN cell(usage_pricing_unit) END AS PricingUnit,
    cell(sku_id)                                                            AS SkuId,
    concat_ws('/', cell(sku_id), cell(price_tier_start_amount::VARCHAR))    AS SkuPriceId,       -- with the tier's first unit
    cell(sku_description)                                                   AS SkuMeter,

    -- Tags: labels by their own keys; beside them, weaker, Resource Manager tags of the resource itself
    json_tags(list_concat(pairs(labels), beside(pairs(x_direct_tags), keys_of(pairs(labels)))))
                                                                            AS Tags,
    -- Of project, folder or organization: inherited tags; beside them, weaker, the project's labels
    json_tags(list_concat(beside(pairs(x_inherited_tags), []::VARCHAR[]),
                          below(pairs(project_labels), keys_of(pairs(x_inherited_tags)))))
                                                                            AS x_InheritedTags,
    json_of(labels)                                                         AS x_Labels,
    json_of(tags)                                                           AS x_Tags,
    json_of(project_labels)                                                 AS x_ProjectLabels,
    json_tags(pairs(system_labels))                                         AS x_SystemLabels,   -- Google's; never tags

    -- The export's own words
    cell(cost_type)                                                         AS x_CostType,
    cell(invoice_month)                                                     AS x_InvoiceMonth,
    cell(credit_type)                                                       AS x_CreditType,
    cell(credit_id)                                                         AS x_CreditId,
    cell(credit_name)                                                       AS x_CreditName,
    cell(adjustment_info_type)                                              AS x_AdjustmentType,
    cell(adjustment_info_mode)                                              AS x_AdjustmentMode,
    cell(adjustment_info_id)                                                AS x_AdjustmentId,
    cell(adjustment_info_description)                                       AS x_AdjustmentDescription,
    amount(currency_conversion_rate)                                        AS x_CurrencyConversionRate,
    CASE WHEN x_part = 'line' THEN amount(cost_at_effective_price_default) ELSE 0 END AS x_CostAtEffectivePriceDefault,
    CASE WHEN x_part = 'line' THEN amount(cost_at_list_consumption_model) ELSE 0 END  AS x_CostAtListConsumptionModel,
    cell(subscription_instance_id)                                          AS x_SubscriptionInstanceId,
    cell(consumption_model_id)                                              AS x_ConsumptionModelId,
    cell(consumption_model_description)                                     AS x_ConsumptionModelDescription,
    cell(service_id)                                                        AS x_ServiceId,
    cell(project_number)                                                    AS x_ProjectNumber,
    cell(project_ancestry_numbers)                                          AS x_ProjectAncestryNumbers,
    json_of(project_ancestors)                                              AS x_ProjectAncestors,
    cell(location_location)                                                 AS x_Location,
    cell(location_country)                                                  AS x_Country,
    cell(transaction_type)                                                  AS x_TransactionType,
    cell(seller_name)                                                       AS x_SellerName,
    cell(invoice_publisher_type)                                            AS x_PublisherType,
    instant(export_time)                                                    AS x_ExportTime
FROM {raw}
