"""What must become of each public bill when one company has them all: file → expectation, written by hand.

Why a file is not simply loaded:

`refused`   it lacks what identifies money, or is in a format that is not read; the reason must say which
`held`      two exports of one month share most of their lines, and nobody said which counts
`outranked` loaded and summed, but another source of the same months has the lower rank: none of its money counts
"""

from __future__ import annotations

from dataclasses import dataclass

# name of the source → where below the data folder, and what the user must say of it
SOURCES: dict[str, dict[str, object]] = {
    "focus-sample": {"location": "focus-sample-data/*.csv"},
    "focus-examples": {"location": "focus-spec-examples/**/*.csv"},
    "focus-validator": {"location": "focus-validator/*.csv"},
    # four lines with costs and days, and nothing that says in which currency or month
    "aws-four-lines": {
        "location": "aws-cur-anonymize/*.csv",
        "defaults": {
            "BillingCurrency": "USD",
            "BillingPeriodStart": "2025-01-01",
            "BillingPeriodEnd": "2025-02-01",
            "ChargeCategory": "Usage",
        },
    },
    "aws-athena-text": {"location": "aws-well-architected-labs/cur-athena-text/*.gz"},
    "aws-workshop": {"location": "aws-well-architected-labs/cur-parquet/*.parquet"},
    "aws-anonymous": {"location": "focus-converters/aws/*.csv"},
    "aws-bucket": {"location": "koku/aws-bucket/"},
    "aws-koku": {"location": "koku/aws/*.csv"},
    # three reports of one generated payer: each has lines of its own
    "aws-generated": {"location": "nise/aws-*/**/*", "files": "parts"},
    "azure-anonymous": {"location": "focus-converters/azure/*.csv"},
    "azure-koku": {"location": "koku/azure/*.csv"},
    "azure-generated": {"location": "nise/azure-*/**/*.csv"},
    "azure-toolkit": {"location": "finops-toolkit/*.csv"},
    "azure-headers": {"location": "opencost/headersets/*.csv"},
    "azure-template": {"location": "opencost/values/*.csv"},
    "google-koku": {"location": "koku/gcp/*.csv"},
    # the standard and the detailed export of the same months
    "google-standard": {"location": "nise/gcp-csv/*.csv", "rank": 1},
    "google-detailed": {"location": "nise/gcp-jsonl/*.json", "rank": 2},
    "oracle": {"location": "nise/oci/*.csv"},
}


@dataclass(frozen=True)
class Expected:
    """`status` as in `source_files`; `reason`: words that it must hold; `counts`: its money is in the books;
    `quarantined`: rows kept aside."""

    status: str
    reason: tuple[str, ...] = ()
    counts: bool = False
    quarantined: int = 0


LOADED = Expected("loaded", counts=True)
OUTRANKED = Expected("loaded")
NOT_IDENTIFIED = Expected("refused", ("BillingCurrency", "BillingAccountId", "defaults:"))
NO_FORMAT = Expected("refused", ("no billing format that is known",))
HIVE = Expected("refused", ("neither Parquet nor CSV", "Hive", "0x01"))
HELD = Expected("held", ("more than half", "files: parts"))


def for_people(rows: int) -> Expected:
    """An example whose amounts ("$50,000.00 ") and days (4/1/25) are written for people."""
    return Expected("loaded", counts=True, quarantined=rows)


_PURCHASES = "focus-spec-examples/commitment_discount_scenarios/commitment_discount_"
_SOFTWARE = "focus-spec-examples/saas_examples/simple_agreements/simple_saas_agreements_"
_LABS = "aws-well-architected-labs/"
_BUCKET = "koku/aws-bucket/my-prefix/my-report/20180801-20180901/"
EXPECTED: dict[str, Expected] = {
    "focus-sample-data/focus_sample.part1.csv": LOADED,
    **{f"{_PURCHASES}purchase_scenario_{n}.csv": NOT_IDENTIFIED for n in (1, 2, 3)},
    **{f"{_PURCHASES}usage_scenario_{n}.csv": NOT_IDENTIFIED for n in (1, 2, 3, 4)},
    **{f"{_SOFTWARE}{name}.csv": for_people(1) for name in ("a1", "a2", "a3", "b")},
    f"{_SOFTWARE}c.csv": for_people(3),
    "focus-validator/all_pass_0.5.csv": Expected("refused", ("0.5",)),
    "aws-cur-anonymize/sample-legacy-csv.csv": LOADED,
    f"{_LABS}cur-athena-text/BeforeCUR.gz": HIVE,
    f"{_LABS}cur-athena-text/Step3CUR.gz": HIVE,
    f"{_LABS}cur-parquet/Oct2018-WorkshopCUR-00001.snappy.parquet": LOADED,
    f"{_LABS}cur-parquet/Nov2018-WorkshopCUR-00001.snappy.parquet": LOADED,
    "focus-converters/aws/sample-anonymous-aws-export-dataset.csv": LOADED,
    f"{_BUCKET}861af42f-713c-4a42-9562-9158a7625630/my-report-1.csv.gz": LOADED,
    "koku/aws/2022-07-01-alt-columns.csv": LOADED,
    "koku/aws/2023-06-01.csv": LOADED,
    "koku/aws/October-2019-local_bucket.csv": LOADED,
    "koku/aws/test_cur.2018.csv": LOADED,
    "nise/aws-example/cur/example/20250301-20250401/ae648895-28c1-4598-8557-e7dff74e665c/March-2025-example.csv.gz": LOADED,
    "nise/aws-marketplace/cur/marketplace/20250301-20250401/1080f044-dcf5-4891-b5eb-f51e99a21692/March-2025-marketplace.csv.gz": LOADED,
    "nise/aws-ocp/cur/ocp-on-aws/20250201-20250301/a13a124b-ee1a-4d5e-a116-4b596342ecdb/February-2025-ocp-on-aws.csv.gz": LOADED,
    "nise/aws-ocp/cur/ocp-on-aws/20250301-20250401/95fdfe49-e0d5-4325-98bb-03483bd89e2b/March-2025-ocp-on-aws.csv.gz": LOADED,
    "focus-converters/azure/sample-anonymous-ea-export-dataset.csv": LOADED,
    "koku/azure/azure_version_2.csv": LOADED,
    "koku/azure/costreport_2019_aks.csv": LOADED,
    "koku/azure/costreport_head.csv": LOADED,
    "nise/azure-example/exports/example/20250301-20250331/costreport_c179dd58-b3bc-4881-8b3f-e1c7c6b65fd1.csv": LOADED,
    "nise/azure-ocp/exports/ocp/20250301-20250331/costreport_48c190ab-1871-4bac-9299-13f69fdb800f.csv": LOADED,
    # a header alone: the month has begun, nothing is billed
    "nise/azure-ocp/exports/ocp/20250401-20250430/costreport_7465cd3e-ce4f-4c85-940e-1c4eddee1dfd.csv": LOADED,
    "finops-toolkit/EA_ActualCost_Small.csv": LOADED,
    "opencost/headersets/BOM.csv": Expected("loaded", counts=True, quarantined=1),  # its one line has no cost
    "opencost/headersets/Enterprise.csv": LOADED,
    "opencost/headersets/PayAsYouGo.csv": LOADED,
    "opencost/values/Template.csv": Expected("refused", ("BillingCurrency",)),
    "koku/gcp/202011_2020-11-08_2020-11-11.csv": HELD,
    "koku/gcp/evidence-2020-11-16.csv": HELD,
    "nise/gcp-csv/202502_0e9ea44c-18ac-4676-9d10-3c358969eaf5_2025-02-25_2025-03-01.csv": LOADED,
    "nise/gcp-csv/202503_12a2faf2-0ae7-4e4f-a491-0b67c3737ecb_2025-03-01_2025-03-05.csv": LOADED,
    "nise/gcp-jsonl/202502_20c5da50-52a4-4be3-9ee3-75c406426d19_2025-02-25_2025-03-05.json": OUTRANKED,
    # named by its columns, which are Oracle's own and not FOCUS
    "nise/oci/reports_cost-csv_0001000000260590.csv": Expected(
        "refused", ("no billing format that is known", "lineItem/referenceNo")
    ),
}
