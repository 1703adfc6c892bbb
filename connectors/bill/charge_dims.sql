-- From distinct rows in FOCUS words to the dimensions of a charge: one row in, one row out.
-- `cell` turns blank, NULL, null and \N into NULL and trims (exports write the text NULL into CSV).
SELECT
    h,
    billing_month(us_start, us_end)                           AS billing_period,   -- month of the period's midpoint
    coalesce(cell(ServiceProviderName), cell(ProviderName),                         -- 1.3 renamed ProviderName
             cell(PublisherName), 'unknown')                   AS ProviderName,
    cell(BillingAccountId)                                     AS BillingAccountId,
    upper(cell(BillingCurrency))                               AS BillingCurrency,
    cell(SubAccountId)                                         AS SubAccountId,
    cell(InvoiceId)                                            AS InvoiceId,        -- since 1.2; null while open
    cell(ResourceType)                                         AS ResourceType,
    cell(ServiceName)                                          AS ServiceName,
    cell(ServiceCategory)                                      AS ServiceCategory,
    cell(RegionId)                                             AS RegionId,
    category(cell(ChargeCategory))                             AS ChargeCategory,   -- some exports write it in lower case
    cell(ChargeClass)                                          AS ChargeClass,
    CASE
        WHEN category(cell(ChargeCategory)) = 'Purchase' AND cell(CommitmentDiscountId) IS NOT NULL
          OR lower(cell(CommitmentDiscountStatus)) = 'unused'
          OR x_IsCommitment                                    THEN 'commitment'
        WHEN category(cell(ChargeCategory)) = 'Tax'            THEN 'tax'
        WHEN category(cell(ChargeCategory)) = 'Credit'         THEN 'credit'
        WHEN cell(ServiceSubcategory) = 'Support'
          OR regexp_matches(cell(ServiceName), '{support}')    THEN 'support'
        WHEN category(cell(ChargeCategory)) = 'Usage'          THEN 'usage'
        WHEN category(cell(ChargeCategory)) = 'Purchase'       THEN 'fee'
        ELSE                                                        'adjustment'       -- and every type we don't know
    END                                                        AS x_Class,
    cell(CommitmentDiscountId)                                 AS CommitmentDiscountId,
    cell(CommitmentDiscountStatus)                             AS CommitmentDiscountStatus,
    {extra}                                                    AS x_Extra           -- columns that allocation rules name
FROM {focus} AS named
