"""What went wrong in other products on the same bills must not go wrong here: one test for each public thread."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from recon.tagset import parse_tags
from tests.connectors.aws.cur_reports import ARN, RESERVED, line, opened, report, write_report
from tests.connectors.aws.test_report_forms import nested, snake, typed, write_parquet


def test_billed_cost_is_unblended_never_blended(tmp_path: Path) -> None:
    """hystax/optscale#558: totals differ from AWS's; blended cost averages over linked accounts."""
    bill = report(tmp_path, line(cost="1", **{"lineItem/BlendedCost": "0.7"}))
    assert bill.rows("BilledCost", "EffectiveCost") == [(1, 1)]


def test_a_reserved_database_costs_its_reservation_once(tmp_path: Path) -> None:
    """hystax/optscale#62: RDS more expensive than in Cost Explorer: fee, on-demand price and usage were all counted."""
    bill = report(
        tmp_path,
        line(type="DiscountedUsage", product="AmazonRDS", cost="0", reservation=RESERVED, ri_effective="8",
             **{"pricing/publicOnDemandCost": "20"}),
        line(type="RIFee", product="AmazonRDS", cost="10", reservation=RESERVED, ri_unused_upfront="0",
             ri_unused_recurring="2"),
    )  # fmt: skip
    assert (bill.total("BilledCost"), bill.total("EffectiveCost")) == (10, 10)


def test_a_partition_read_twice_is_seen_as_the_same_lines(tmp_path: Path) -> None:
    """project-koku#3383: `month=9` and `month=09` held the same lines, and cost doubled."""
    lines = [line(cost=str(n), resource=f"i-{n}") for n in range(3)]
    first = opened(write_report(tmp_path / "one.csv", lines))
    again = [{**said, "bill/InvoiceId": "final", "identity/LineItemId": "other"} for said in lines]
    second = opened(write_report(tmp_path / "two.csv", again))
    columns = first.lines.line_columns
    assert first.rows(*columns) == second.rows(*columns)


def test_usage_beside_a_savings_plan_keeps_its_cost(tmp_path: Path) -> None:
    """project-koku#5393: `coalesce(savings plan cost, unblended)` gave usage without a plan a cost of zero."""
    bill = report(
        tmp_path,
        line(cost="4", sp_effective="0"),
        line(type="DiscountedUsage", cost="0", sp_effective="0", ri_effective="3", reservation=RESERVED),
        line(type="SavingsPlanCoveredUsage", cost="9", sp_effective="5", plan=ARN),
    )
    assert bill.rows("EffectiveCost", where="x_count = 1") == [(4,), (3,), (5,)]


def test_cur2_keys_meet_the_registry_without_their_prefix(tmp_path: Path) -> None:
    """opencost#4036: CUR 2.0 writes `user_owner` where the legacy report wrote `owner`, and reports went empty."""
    said = {
        **typed(nested(snake([line(**{"resourceTags/user:Owner": "ana"})])[0])),
        "resource_tags": {"user_owner": "ana"},
    }
    bill = opened(write_parquet(tmp_path / "cur2.parquet", [said], ("resource_tags", "product", "discount")))
    assert [parse_tags(cell) for cell in bill.tags()] == [{"user_owner": "ana"}]


def test_a_refunded_upfront_fee_is_no_negative_usage(tmp_path: Path) -> None:
    """aws-solutions-library-samples/cloud-intelligence-dashboards-framework#1087: an upfront fee given back made the
    effective cost of a month negative, though the fee itself had counted nothing."""
    refund = line(
        type="Refund", cost="-400", product="ComputeSavingsPlans",
        description="Refund for one-time fee for Savings Plan ID sp-1",
    )  # fmt: skip
    fee = line(type="SavingsPlanUpfrontFee", cost="400", plan=ARN)
    bill = report(tmp_path, fee, refund)
    assert (bill.total("BilledCost"), bill.total("EffectiveCost")) == (0, 0)


def test_other_refunds_still_lower_the_effective_cost(tmp_path: Path) -> None:
    """aws-solutions-library-samples/cloud-intelligence-dashboards-framework#1497: the mending of #1087 took refunds of
    private discounts along."""
    bill = report(
        tmp_path,
        line(type="Refund", cost="-12", description="Enterprise Discount Program refund"),
        line(type="Refund", cost="-5", product="ComputeSavingsPlans", description="EDP refund for Savings Plans"),
        line(type="Refund", cost="-2", description="Refund for one-time fee for Savings Plan ID sp-1"),
        line(type="Credit", cost="-1", product="ComputeSavingsPlans",
             description="Refund for one-time fee for Savings Plan ID sp-1"),
    )  # fmt: skip
    assert bill.total("EffectiveCost") == -20


def test_tag_columns_come_and_go_between_files(tmp_path: Path) -> None:
    """aws-solutions-library-samples/cloud-intelligence-dashboards-framework#37 and #710: tag columns appear late, and
    a table made from the first file dropped or overrode them."""
    september = opened(write_report(tmp_path / "9.csv", [line(**{"resourceTags/user:a": "1"})]))
    october = opened(
        write_report(
            tmp_path / "10.csv",
            [line(**{"resourceTags/user:z": "9", "resourceTags/user:a": "1", "product/new": "x"})],
        )
    )
    assert [parse_tags(cell) for cell in september.tags()] == [{"user:a": "1"}]
    assert [parse_tags(cell) for cell in october.tags()] == [{"user:z": "9", "user:a": "1"}]


def test_tags_whose_keys_differ_by_case_do_not_break_the_read(tmp_path: Path) -> None:
    """cloudquery#7639: keys that differ only by case break structs whose fields ignore it."""
    tags = {"user_team": "blue", "user_Team": "red", "user_TEAM": "green"}
    said = {**typed(nested(snake([line()])[0])), "resource_tags": tags}
    bill = opened(write_parquet(tmp_path / "cur2.parquet", [said], ("resource_tags", "product", "discount")))
    assert [parse_tags(cell) for cell in bill.tags()] == [tags]


def test_split_rows_are_left_out_by_name_and_never_added(tmp_path: Path) -> None:
    """aws-samples/aws-usage-queries#8: with split cost allocation data the sum was three times the bill."""
    parent = "i-0123456789abcdef0"
    pod = {"operation": "EKSPod-EC2", "resource": "arn:aws:eks:eu-west-1:1:pod/c/ns/p/1",
           "splitLineItem/ParentResourceId": parent, "splitLineItem/SplitCost": "0.6", "splitLineItem/UnusedCost": "0.4"}  # fmt: skip
    task = {**pod, "operation": "ECSTask-EC2"}
    only_parent = {**pod, "operation": "RunInstances"}
    only_operation = {**pod, "splitLineItem/ParentResourceId": ""}
    bill = report(
        tmp_path,
        line(cost="1", resource=parent, **{"splitLineItem/ParentResourceId": ""}),
        *(line(cost="1", **said) for said in (pod, task, only_parent, only_operation)),
    )
    assert (bill.total(bill.lines.billed), bill.total(bill.lines.effective)) == (1, 1)
    reason = "split cost allocation rows: their cost stands on the instance"
    assert bill.rows("x_Excluded") == [(None,), (reason,), (reason,), (reason,), (reason,)]
    steps = {name: bill.total(step) for name, step in bill.lines.steps.items() if bill.total(step)}
    assert steps == {"lines left out by a named rule": Decimal(-4)}


def test_split_rows_leave_savings_plans_alone(tmp_path: Path) -> None:
    """aws-samples/aws-usage-queries#8: split rows repeat the cost of covered instances too."""
    pod = {"operation": "EKSPod-EC2", "splitLineItem/ParentResourceId": "i-1"}
    bill = report(
        tmp_path,
        line(type="SavingsPlanCoveredUsage", cost="3", sp_effective="2", plan=ARN),
        line(type="SavingsPlanCoveredUsage", cost="3", sp_effective="2", plan=ARN, **pod),
        line(type="SavingsPlanNegation", cost="-3", plan=ARN),
    )
    assert (bill.total(bill.lines.billed), bill.total(bill.lines.effective)) == (0, 2)
    assert bill.rows("x_count", where="x_count = 0") == []


def test_a_month_in_cur_and_in_cur2_is_seen_as_one(tmp_path: Path) -> None:
    """DataDog/documentation#39814: whoever moves from CUR to CUR 2.0 by hand counts the month of the move twice."""
    lines = [line(cost=f"{n}.25", resource=f"i-{n}") for n in range(4)]
    old = opened(write_report(tmp_path / "old.csv", lines))
    new = opened(
        write_parquet(
            tmp_path / "new.parquet",
            (typed(nested(said)) for said in snake(lines)),
            ("resource_tags", "product", "discount"),
        )
    )
    columns = old.lines.line_columns
    assert old.rows(*columns) == new.rows(*columns)
