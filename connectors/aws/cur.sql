-- How a line of an AWS Cost and Usage Report (legacy or 2.0) reads in FOCUS.
-- Columns carry their Athena / CUR 2.0 names whatever the file calls them (lineItem/UnblendedCost is
-- line_item_unblended_cost). instant(…) is a time in UTC, amount(…) an exact number, cell(…) text or null.
-- x_part: 'line' as delivered; 'unused' and 'rest' are rows that we derive (docs/formats/aws-cur.md).
SELECT
    {carried},

    -- What was billed: the report's own cost, then each step that leads from it to BilledCost.
    line_item_unblended_cost                                                             AS x_SourceCost,
    coalesce(line_item_net_unblended_cost - line_item_unblended_cost, 0)                 AS step_net,
    CASE WHEN line_item_line_item_type IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
         THEN -coalesce(line_item_net_unblended_cost, line_item_unblended_cost) ELSE 0 END AS step_savings_plan,
    coalesce(x_rest, 0)                                                                  AS step_rest,
    x_SourceCost + step_net + step_savings_plan + step_rest                              AS BilledCost,

    -- What it cost when commitments are spread over what used them. Where the bill has net columns (after private
    -- discounts), the columns named here are their net twins. x_amortizes_…: the file has what this takes; where
    -- it has not, these lines keep the cost that was paid.
    CASE
        WHEN line_item_line_item_type = 'Usage'   THEN coalesce(line_item_net_unblended_cost, line_item_unblended_cost)
        WHEN x_part = 'rest'                      THEN 0                      -- already in the plan's effective cost
        WHEN x_part = 'unused'                    THEN x_unused_commitment    -- what nobody used of a commitment
        WHEN x_amortizes_reservations AND line_item_line_item_type = 'DiscountedUsage'
                                                  THEN reservation_effective_cost
        WHEN x_amortizes_reservations AND line_item_line_item_type = 'RIFee'
                                                  THEN x_unused_commitment - x_unused_commitment  -- 0: its unused part has a row of its own
        WHEN x_amortizes_reservations AND line_item_line_item_type = 'Fee' AND reservation_reservation_a_r_n <> ''
                                                  THEN 0                      -- paid upfront, spread over its usage
        WHEN x_amortizes_savings_plans AND line_item_line_item_type = 'SavingsPlanCoveredUsage'
                                                  THEN savings_plan_savings_plan_effective_cost
        WHEN x_amortizes_savings_plans AND line_item_line_item_type = 'SavingsPlanRecurringFee'
                                                  THEN x_unused_commitment - x_unused_commitment  -- 0: its unused part has a row of its own
        WHEN x_amortizes_savings_plans AND line_item_line_item_type IN ('SavingsPlanNegation', 'SavingsPlanUpfrontFee')
                                                  THEN 0
        WHEN x_amortizes_savings_plans AND x_refunds_savings_plan
                                                  THEN 0                      -- gives an upfront fee back
        ELSE coalesce(line_item_net_unblended_cost, line_item_unblended_cost)
    END                                                                                  AS EffectiveCost,
    CASE WHEN line_item_line_item_type <> 'SavingsPlanNegation' AND x_part = 'line'      -- it repeats covered usage
         THEN amount(pricing_public_on_demand_cost) END                                  AS ListCost,
    CASE WHEN line_item_line_item_type IN ('Usage', 'SavingsPlanCoveredUsage') THEN line_item_unblended_cost
         ELSE ListCost END                                                               AS ContractedCost,
    amount(pricing_public_on_demand_rate)                                                AS ListUnitPrice,
    amount(line_item_unblended_rate)                                                     AS ContractedUnitPrice,
    CASE WHEN x_is_split
         THEN 'split cost allocation rows: their cost stands on the instance' END        AS x_Excluded,

    -- Whose bill, and when
    instant(bill_billing_period_start_date)                                              AS BillingPeriodStart,
    instant(bill_billing_period_end_date)                                                AS BillingPeriodEnd,
    instant(line_item_usage_start_date)                                                  AS ChargePeriodStart,
    instant(line_item_usage_end_date)                                                    AS ChargePeriodEnd,
    'AWS'                                                                                AS ProviderName,
    'AWS'                                                                                AS ServiceProviderName,
    cell(bill_payer_account_id)                                                          AS BillingAccountId,
    cell(bill_payer_account_name)                                                        AS BillingAccountName,
    'Payer'                                                                              AS BillingAccountType,
    cell(line_item_usage_account_id)                                                     AS SubAccountId,
    cell(line_item_usage_account_name)                                                   AS SubAccountName,
    upper(cell(line_item_currency_code))                                                 AS BillingCurrency,
    cell(pricing_currency)                                                               AS PricingCurrency,
    cell(bill_invoice_id)                                                                AS InvoiceId,   -- blank until the bill is final
    cell(bill_invoicing_entity)                                                          AS InvoiceIssuerName,
    /*asked*/ CASE WHEN bill_billing_entity = 'AWS Marketplace' AND NOT line_item_legal_entity SIMILAR TO 'A(mazon|WS).*'
                   THEN cell(line_item_legal_entity)                                     -- the seller
                   WHEN bill_billing_entity = 'AWS Marketplace' THEN cell(product_product_name)
                   ELSE cell(line_item_legal_entity) END /*end*/                         AS PublisherName,

    -- What kind of charge
    CASE
        WHEN x_part = 'unused'                                        THEN 'Usage'
        WHEN x_part = 'rest'                                          THEN 'Adjustment'
        WHEN line_item_line_item_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation',
                                          'FlatRateSubscription')     THEN 'Usage'
        WHEN line_item_line_item_type LIKE '%Discount'                THEN 'Usage'       -- Edp, Bundled, PrivateRate, …
        WHEN line_item_line_item_type IN ('Fee', 'RIFee', 'SavingsPlanUpfrontFee', 'SavingsPlanRecurringFee')
                                                                      THEN 'Purchase'
        WHEN line_item_line_item_type = 'Tax'                         THEN 'Tax'
        WHEN line_item_line_item_type = 'Credit'                      THEN 'Credit'
        ELSE 'Adjustment'                                             -- Refund, and every type we don't know
    END                                                                                  AS ChargeCategory,
    CASE WHEN x_corrects_earlier_period THEN 'Correction' END                            AS ChargeClass,
    CASE WHEN line_item_line_item_type IN ('RIFee', 'SavingsPlanRecurringFee') AND x_part = 'line' THEN 'Recurring'
         WHEN ChargeCategory = 'Usage' THEN 'Usage-Based'
         ELSE 'One-Time' END                                                             AS ChargeFrequency,
    CASE x_part WHEN 'rest' THEN 'Savings Plan: covered usage and its negation do not cancel out on this day'
                WHEN 'unused' THEN concat('Unused commitment: ', line_item_line_item_description)
                ELSE cell(line_item_line_item_description) END                           AS ChargeDescription,
    CASE WHEN ChargeCategory = 'Tax' THEN NULL
         WHEN coalesce(savings_plan_savings_plan_a_r_n, '') <> '' OR coalesce(reservation_reservation_a_r_n, '') <> ''
           OR line_item_line_item_type = 'DiscountedUsage' OR starts_with(line_item_line_item_type, 'SavingsPlan')
         THEN 'Committed'
         WHEN line_item_usage_type LIKE '%SpotUsage%' THEN 'Dynamic'
         ELSE 'Standard' END                                                             AS PricingCategory,

    -- Commitments
    coalesce(cell(savings_plan_savings_plan_a_r_n), cell(reservation_reservation_a_r_n)) AS CommitmentDiscountId,
    CASE WHEN cell(savings_plan_savings_plan_a_r_n) IS NOT NULL THEN 'Spend'
         WHEN cell(reservation_reservation_a_r_n) IS NOT NULL THEN 'Usage' END           AS CommitmentDiscountCategory,
    CASE WHEN cell(savings_plan_savings_plan_a_r_n) IS NOT NULL THEN 'Savings Plan'
         WHEN cell(reservation_reservation_a_r_n) IS NOT NULL THEN 'Reserved Instance' END AS CommitmentDiscountType,
    CASE WHEN x_part = 'unused' THEN 'Unused'
         WHEN CommitmentDiscountId IS NULL THEN NULL
         WHEN line_item_line_item_type IN ('DiscountedUsage', 'SavingsPlanCoveredUsage', 'SavingsPlanNegation')
         THEN 'Used' END                                                                 AS CommitmentDiscountStatus,
    x_is_commitment                                                                      AS x_IsCommitment,

    -- What was used, and where
    coalesce(cell(product_product_name), cell(line_item_product_code), CASE WHEN x_part = 'rest' THEN 'Savings Plans' END)
                                                                                         AS ServiceName,
    coalesce(cell(product_region_code), cell(product_region))                            AS RegionId,
    cell(product_location)                                                               AS RegionName,
    cell(line_item_availability_zone)                                                    AS AvailabilityZone,
    nullif(line_item_resource_id, '')                                                    AS ResourceId,
    split_part(split_part(nullif(line_item_resource_id, ''), ':', -1), '/', -1)          AS ResourceName,
    CASE                                                                                 -- `service:type`, as in ARNs
        WHEN x_resource_kind IS NULL             THEN NULL
        WHEN line_item_product_code = 'AmazonS3' THEN 's3:bucket'                        -- billed by its bare name
        ELSE CASE x_resource_kind
            WHEN 'i' THEN 'ec2:instance'         WHEN 'vol' THEN 'ec2:volume'       WHEN 'snap' THEN 'ec2:snapshot'
            WHEN 'nat' THEN 'ec2:natgateway'     WHEN 'vpce' THEN 'ec2:vpc-endpoint' WHEN 'eni' THEN 'ec2:network-interface'
            WHEN 'eipalloc' THEN 'ec2:elastic-ip' WHEN 'tgw' THEN 'ec2:transit-gateway'
            WHEN 'vpn' THEN 'ec2:vpn-connection' WHEN 'fs' THEN 'elasticfilesystem:file-system'
            WHEN 's3' THEN 's3:bucket' WHEN 'sns' THEN 'sns:topic' WHEN 'sqs' THEN 'sqs:queue'
            ELSE CASE WHEN contains(x_resource_kind, ':') THEN x_resource_kind END END
    END                                                                                  AS ResourceType,
    CASE WHEN ChargeCategory = 'Usage' AND x_part = 'line' AND line_item_line_item_type <> 'SavingsPlanNegation'
         THEN amount(line_item_usage_amount) END                                         AS ConsumedQuantity,
    CASE WHEN ConsumedQuantity IS NOT NULL THEN cell(pricing_unit) END                   AS ConsumedUnit,
    CASE WHEN x_part = 'line' AND line_item_line_item_type <> 'SavingsPlanNegation'
         THEN amount(line_item_usage_amount) END                                         AS PricingQuantity,
    cell(pricing_unit)                                                                   AS PricingUnit,
    cell(product_sku)                                                                    AS SkuId,
    coalesce(cell(pricing_rate_code), cell(pricing_rate_id))                             AS SkuPriceId,
    cell(line_item_usage_type)                                                           AS SkuMeter,

    -- Tags: the keys keep what the export put before them (user:…, user_…, aws:…); the registry takes it off
    {tags}                                                                               AS Tags,
    {account_tags}                                                                       AS x_InheritedTags,  -- of the usage account
    {cost_categories}                                                                    AS x_CostCategories,
    {principal_tags}                                                                     AS x_IamPrincipalTags,
    {user_attributes}                                                                    AS x_UserAttributes,

    -- The report's own words
    CASE WHEN x_part <> 'rest' THEN cell(line_item_line_item_type) END                   AS x_LineItemType,
    cell(line_item_operation)                                                            AS x_Operation,
    cell(line_item_usage_type)                                                           AS x_UsageType,
    cell(line_item_product_code)                                                         AS x_ServiceCode,
    cell(product_product_family)                                                         AS x_ProductFamily,
    cell(bill_billing_entity)                                                            AS x_BillingEntity,
    cell(bill_bill_type)                                                                 AS x_BillType,
    cell(line_item_tax_type)                                                             AS x_TaxType,
    cell(line_item_iam_principal)                                                        AS x_IamPrincipal,
    {discounts}                                                                          AS x_Discounts,
    cell(identity_line_item_id)                                                          AS x_LineItemId,
    cell(identity_time_interval)                                                         AS x_TimeInterval
FROM {raw}
