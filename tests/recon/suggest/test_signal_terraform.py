"""What does the code give the resource?"""

from __future__ import annotations

from small_estate import estate_of, evidence, item, says

from recon.registry import Rules
from recon.suggest.signals import terraform

OWNER = (1, "cost-center")
ADDRESS, FILE = "module.shop.aws_s3_bucket.b", "shop.tfstate"


def test_the_value_of_the_code_is_suggested_with_its_place(rules: Rules) -> None:
    estate = estate_of(rules, [item(1)], managed=[(1, "cost-center", "payments", ADDRESS, FILE, True)])
    assert says(terraform, estate, OWNER) == {OWNER: ["payments"]}
    assert evidence(terraform, estate, OWNER) == [f'The code gives it "payments": {ADDRESS} in {FILE}.']


def test_two_lines_of_code_that_differ_are_two_suggestions(rules: Rules) -> None:
    lines = [(1, "cost-center", value, ADDRESS, FILE, True) for value in ("search", "payments", "payments")]
    assert says(terraform, estate_of(rules, [item(1)], managed=lines), OWNER) == {
        OWNER: ["payments", "search"]
    }


def test_another_key_of_the_code_says_nothing(rules: Rules) -> None:
    estate = estate_of(rules, [item(1)], managed=[(1, "environment", "prod", ADDRESS, FILE, True)])
    assert says(terraform, estate, OWNER) == {}
