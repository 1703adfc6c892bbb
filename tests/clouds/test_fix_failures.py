"""Has every resource of a plan its own exact outcome, whatever the clouds answer, and does the next apply finish what failed?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recon.fix.planned import Action
from tests.clouds.aws import Fault as AwsFault
from tests.clouds.azure import Fault as AzureFault
from tests.clouds.fixing import RAW, Bench, action, open_clouds, resource
from tests.clouds.gcp_faults import RestFault
from tests.clouds.waits import Waits

ENDLESS = 1 << 30
CLOUDS = ("aws", "azure", "gcp")
# the n-th resource of a cloud → what the cloud answers when it is written, as the cloud documents it
AWS = {
    0: ("denied", (403, "AccessDeniedException")),
    1: ("throttled", (429, "ThrottlingException")),
    2: ("gone", (404, "ResourceNotFoundException")),
    3: ("over-limit", (400, "TooManyTagsException")),
    5: ("rejected", (400, "InvalidParameterException")),
    6: ("changed", (400, "ConcurrentModificationException")),
}
AZURE = {
    0: ("denied", (403, "AuthorizationFailed")),
    1: ("throttled", (429, "TooManyRequests")),
    2: ("gone", (404, "ResourceNotFound")),
    3: ("over-limit", (400, "TooManyTags")),
    5: ("rejected", (409, "ScopeLocked")),
    6: ("changed", (412, "PreconditionFailed")),
    8: ("rejected", (403, "RequestDisallowedByPolicy")),
}
GCP = {
    0: ("denied", (403, "forbidden")),
    1: ("throttled", (429, "rateLimitExceeded")),
    2: ("gone", (404, "notFound")),
    5: ("rejected", (400, "invalid")),
    6: ("changed", (412, "conditionNotMet")),
}
FULL = 4  # carries all tags that its cloud allows
FAILING = {"aws": AWS, "azure": AZURE, "gcp": GCP}
MOST = {"aws": 50, "azure": 50, "gcp": 64}
ALL = 10


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder, waits = tmp_path_factory.mktemp("clouds"), Waits()
    with open_clouds(folder, waits) as clouds:
        yield Bench(folder, clouds, waits=waits)


@pytest.fixture
def bench(opened: Bench, tmp_path: Path) -> Bench:
    one = Bench(tmp_path, opened.clouds, ALL, opened.waits)
    one.lay()
    one.configure(fix={"failure_ratio": 1})
    return one


def break_all(bench: Bench) -> dict[str, str]:
    """Let every cloud fail as it can. Resource → the outcome that it must have."""
    assert bench.clouds.aws.estate is not None
    for n, (_, (status, code)) in AWS.items():
        bench.clouds.aws.estate.writes.failing[resource("aws", n)] = [(status, code, "no")] * 5000
    for n, (_, (status, code)) in AZURE.items():
        path = f"{resource('azure', n)}/providers/Microsoft.Resources/tags"
        bench.clouds.azure.faults.append(AzureFault(path, status, code, left=ENDLESS, after=1))
    for n, (_, (status, reason)) in GCP.items():
        path = f"instances/vm-{n}/setLabels"
        bench.clouds.gcp.rest.faults.append(RestFault(path, status, reason, left=ENDLESS))
    for provider in CLOUDS:
        bench.retag(provider, FULL, {f"k{n}": "v" for n in range(MOST[provider] - 1)})
    wanted = {resource(p, n): kind for p, table in FAILING.items() for n, (kind, _) in table.items()}
    return wanted | {resource(p, FULL): "over-limit" for p in CLOUDS}


def mend_all(bench: Bench) -> None:
    assert bench.clouds.aws.estate is not None
    bench.clouds.aws.estate.writes.failing.clear()
    bench.clouds.azure.faults.clear()
    bench.clouds.gcp.rest.faults.clear()
    for provider in CLOUDS:
        bench.retag(provider, FULL, drop=[f"k{n}" for n in range(MOST[provider])])


def everything() -> list[Action]:
    return [action(provider, n) for provider in CLOUDS for n in range(ALL)]


def test_every_documented_failure_in_one_plan_and_nothing_else_is_lost(bench: Bench) -> None:
    bench.write_plan(everything())
    wrong = break_all(bench)
    before = bench.tags()
    all_of_them = {resource(p, n): "applied" for p in CLOUDS for n in range(ALL)}
    answer = bench.go("fix", "apply", str(bench.plan), "--write", code=3)
    assert {row["resource"]: row["outcome"] for row in answer["outcomes"]} == all_of_them | wrong
    assert [
        row["resource"] for row in answer["outcomes"] if row["outcome"] == "denied" and not row["permission"]
    ] == []
    assert all(row["reason"] for row in answer["outcomes"] if row["outcome"] != "applied")
    after = bench.tags()
    for own, kind in (all_of_them | wrong).items():
        provider = "aws" if own.startswith("arn:") else "azure" if own.startswith("/sub") else "gcp"
        put = {RAW[provider]: "payments"} if kind == "applied" else {}
        assert after[own] == before[own] | put, own

    # what is written in the log is what was said
    effects = {e.action.target.resource_id: e.state for e in bench.history.effects.values()}
    assert effects == all_of_them | wrong

    # with the causes gone the same command finishes it, and writes nothing twice
    mend_all(bench)
    sent = {e.action.target.resource_id: e.sent for e in bench.history.effects.values()}
    gone = {own for own, kind in wrong.items() if kind == "gone"}
    for own in gone & {resource("aws", 2)}:  # the others are there again
        _delete(bench, own)
    assert bench.apply(3) == {
        own: "gone" if own == resource("aws", 2) else "applied" if own in wrong else "already"
        for own in all_of_them
    }
    for effect in bench.history.effects.values():
        own = effect.action.target.resource_id
        assert effect.sent == sent[own] + (own in wrong), own
    assert {found for found, _ in bench.verify().values()} == {"verified"}


def _delete(bench: Bench, own: str) -> None:
    estate = bench.clouds.aws.estate
    assert estate is not None
    for place in estate.places.values():
        place[:] = [each for each in place if each["id"] != own]


def test_a_resource_that_is_gone_is_gone_in_every_cloud(bench: Bench) -> None:
    bench.write_plan([action(p, n) for p in CLOUDS for n in (0, 1)])
    _delete(bench, resource("aws", 0))
    azure, google = bench.clouds.azure, bench.clouds.gcp
    azure.rows[:] = [row for row in azure.rows if row["id"] != resource("azure", 0)]
    google.assets[:] = [row for row in google.assets if row.name != resource("gcp", 0)]
    assert bench.apply(3) == {resource(p, n): ("gone", "applied")[n] for p in CLOUDS for n in (0, 1)}


@pytest.mark.parametrize("took", [True, False])
def test_an_answer_that_never_came_is_found_out_by_reading(bench: Bench, took: bool) -> None:
    """AWS took the write, or not, and the connection broke before it said so."""
    bench.write_plan([action("aws", 0), action("aws", 1)])
    fault = AwsFault(("TagResources",), drop=True, left=ENDLESS, done=took)
    bench.clouds.aws.faults.append(fault)
    state = "applied" if took else "interrupted"
    assert bench.apply(0 if took else 3) == {resource("aws", n): state for n in (0, 1)}
    assert ("cost-center" in bench.tags_of("aws", 0)) is took


def test_too_many_failures_open_the_breaker_and_the_next_cloud_goes_on(bench: Bench) -> None:
    bench.configure(fix={"failure_ratio": 0.2})
    bench.write_plan(everything())
    for n in range(3):  # of the first ten, one by one; more than a fifth
        path = f"{resource('azure', n)}/providers/Microsoft.Resources/tags"
        bench.clouds.azure.faults.append(AzureFault(path, 403, "AuthorizationFailed", left=ENDLESS, after=1))
    got = bench.apply(3)
    assert [got[resource("azure", n)] for n in range(ALL)] == ["denied"] * 3 + ["applied"] * 7
    assert {got[resource(p, n)] for p in ("aws", "gcp") for n in range(ALL)} == {"applied"}


def test_the_breaker_leaves_what_comes_after_it_alone(opened: Bench, tmp_path: Path) -> None:
    bench = Bench(tmp_path, opened.clouds, 14, opened.waits)
    bench.lay()
    bench.configure(fix={"failure_ratio": 0.2})
    bench.write_plan([action("azure", n) for n in range(14)])
    bench.clouds.azure.faults.append(AzureFault('"Merge"', 403, "AuthorizationFailed", left=3))
    got = bench.apply(3)
    assert sorted(got.values()) == ["applied"] * 7 + ["denied"] * 3 + ["skipped"] * 4
    assert bench.apply() == {own: "already" if kind == "applied" else "applied" for own, kind in got.items()}


def test_the_canary_holds_the_rest_back_until_it_went_well(bench: Bench) -> None:
    bench.configure(fix={"canary": 2, "failure_ratio": 1})
    bench.write_plan([action("gcp", n) for n in range(5)])
    bench.clouds.gcp.rest.faults.append(RestFault("vm-1/setLabels", 403, "forbidden"))
    first = bench.apply(3)
    assert [first[resource("gcp", n)] for n in range(5)] == [
        "applied",
        "denied",
        "skipped",
        "skipped",
        "skipped",
    ]
    assert bench.written()["gcp"] == 2
    again = bench.apply()
    assert [again[resource("gcp", n)] for n in range(5)] == ["already"] + ["applied"] * 4


def test_the_canary_sees_that_something_sets_it_back(bench: Bench) -> None:
    bench.configure(fix={"canary": 2})
    bench.write_plan([action("aws", n) for n in range(5)])

    def policy(_: object) -> None:
        bench.retag("aws", 0, drop=("cost-center",))

    bench.clouds.aws.after["resourcegroupstaggingapi:TagResources"] = policy
    got = bench.apply(3)
    assert [got[resource("aws", n)] for n in range(5)] == ["applied"] * 2 + ["skipped"] * 3
    assert bench.written()["aws"] == 1
