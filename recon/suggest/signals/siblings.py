"""Question: What do its siblings say: resources of the same stack, and of the same group?

Sees the valid tags of the others. A stack is what a tool deployed at once (CloudFormation, Terraform); a group is the nearest container: resource group, network,
cluster, namespace. More than half must agree, and at least two. Score: how many of them agree, held back where few speak.
"""

from __future__ import annotations

import polars as pl

from recon.suggest.estate import Estate, said
from recon.suggest.others import best_of_each, most_others

NAME = "siblings"
VERSION = "1"
_LEAST = 2


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """What most siblings say; of stack and group the surer one."""
    found = [_in_crowd(estate, asked, column) for column in ("stack", "group")]
    return said(best_of_each(pl.concat(found)))


def _in_crowd(estate: Estate, asked: pl.DataFrame, column: str) -> pl.DataFrame:
    """A stack of the same name in another account is another one."""
    place = pl.concat_str("provider_id", pl.col("account_id").fill_null(""), column, separator="\x1f")
    members = estate.items.filter(pl.col(column).is_not_null()).select(
        "item_no", place.alias("crowd"), pl.col(column).alias("name")
    )
    heard = most_others(asked, members.select("item_no", "crowd"), estate.known, _LEAST, 0.5)
    names = members.select("crowd", "name").unique()
    return (
        heard.join(names, on="crowd")
        .with_columns(
            pl.format(
                f'{{}} of {{}} resources of {column} {{}} say "{{}}".', "count", "total", "name", "value"
            ).alias("evidence")
        )
        .select("item_no", "key", "value", "score", "evidence")
    )
