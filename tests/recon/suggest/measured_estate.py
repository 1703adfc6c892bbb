"""An estate that signals can be right about, and one that nobody can."""

from __future__ import annotations

from pathlib import Path
from random import Random

from small_estate import estate_of, item, rules_of

from recon.suggest.estate import Estate

REGISTRY = """
version: 1
owner: team
keys:
  team: {required: true, inherit: [sub-account]}
  environment: {required: true, values: {list: [prod, test, dev]}}
"""
TEAMS = ("payments", "search", "ledger")
ENVIRONMENTS = ("prod", "test", "dev")


def telling(folder: Path, resources: int = 240, seed: int = 7, shuffled: bool = False) -> Estate:
    """Names tell the team three times of four, accounts the environment, stacks both. `shuffled`: the same tags on other resources."""
    random = Random(seed)
    items, tags = [], []
    for n in range(1, resources + 1):
        team, environment = random.choice(TEAMS), random.randrange(3)
        word = team if random.random() < 0.75 else "shared"
        items.append(
            item(
                n, name=f"{word}-{random.choice(('api', 'worker', 'web'))}-{n}", account_id=f"{environment}{n % 4}",
                stack=f"{team}-{environment}-{n % 5}" if random.random() < 0.5 else None,
            )
        )  # fmt: skip
        tags.append((team, ENVIRONMENTS[environment]))
    if shuffled:
        random.shuffle(tags)
    raw = [
        row for n, (team, env) in enumerate(tags, 1) for row in ((n, "team", team), (n, "environment", env))
    ]
    return estate_of(rules_of(folder, REGISTRY), items, raw)
