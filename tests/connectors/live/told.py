"""A cloud that says what it is told to: for testing what comes after the listing, where no SDK matters."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from recon.snapshot.listing import Activation, Resource, Unit, Unseen

Said = Resource | Unseen | BaseException


@dataclass
class ToldLister:
    """`said`: unit key → what comes out of it, an exception where it breaks there. `each`: called before each
    resource."""

    said: dict[Unit, list[Said]]
    unseen: list[Unseen] = field(default_factory=list)
    told: list[Activation | Unseen] = field(default_factory=list)
    provider: str = "aws"
    lists_untagged: bool = True
    each: Callable[[Resource], None] = lambda resource: None
    calls: Counter[str] = field(default_factory=Counter)
    threads: set[str] = field(default_factory=set)
    closed: bool = False

    def units(self) -> Iterator[Unit | Unseen]:
        yield from self.said
        yield from self.unseen

    def resources(self, unit: Unit) -> Iterator[Resource | Unseen]:
        self.calls[f"list:{unit.key}"] += 1
        self.threads.add(threading.current_thread().name)
        for each in self.said[unit]:
            if isinstance(each, BaseException):
                raise each
            if isinstance(each, Resource):
                self.each(each)
            yield each

    def activations(self) -> Iterator[Activation | Unseen]:
        yield from self.told

    def probe(self) -> Iterator[Unit | Unseen]:
        yield from self.units()

    def close(self) -> None:
        self.closed = True


def unit(account: str, region: str = "eu-central-1") -> Unit:
    return Unit(f"{account}/{region}", "aws", account, region, account)


def instance(account: str, name: str, region: str = "eu-central-1", **tags: str) -> Resource:
    arn = f"arn:aws:ec2:{region}:{account}:instance/{name}"
    return Resource("aws", account, region, "AWS::EC2::Instance", arn, name, None, tags)
