"""Who asks AWS, with whose credentials, and how often was what asked?

Credentials, region and endpoints come from boto3's own chain; other accounts are read by a role that is assumed
again before its credentials expire. The SDK does not retry: each request is counted, and `Pace` waits.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from connectors.aws.inventory.failures import explained, patience
from connectors.aws.inventory.permissions import CALLS
from connectors.live.pace import Pace
from connectors.places.permissions import Permission
from recon.config.live import AwsScope
from recon.errors import Unreachable

CONNECT, READ = 10, 60  # seconds
DURATION = 3600  # seconds; the longest that a chained role may have
SESSION_NAME = "tagrecon"
# Where services without regions are asked. Source: AWS, endpoints of IAM and Organizations per partition.
GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}


class Sessions:
    """Sessions of all accounts that are asked. Safe to use from several threads. `allowed`: the calls that may be
    sent, and what each needs; reading alone unless told otherwise."""

    def __init__(self, scope: AwsScope, pace: Pace, allowed: Mapping[str, Permission] = CALLS) -> None:
        self.scope, self.pace, self.allowed = scope, pace, allowed
        self.calls: Counter[str] = Counter()
        self._lock = threading.RLock()
        # boto3 makes no promise for a session that several threads make clients of: one lock for each
        self._making: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._offered: dict[str, frozenset[str]] = {}
        self._counting = threading.Lock()
        self._sessions: dict[str, Any] = {}
        self._own: tuple[str, str, str] | None = None
        self._base: Any = None

    @property
    def region(self) -> str:
        """The region of the user's own configuration."""
        return str(self.base.region_name or "us-east-1")

    @property
    def base(self) -> Any:
        """The session of the user's own credentials. Raises Unreachable where the profile does not exist."""
        with self._lock:
            if self._base is None:
                try:
                    self._base = boto3.session.Session(profile_name=self.scope.profile)
                    self._base._session.register_component("data_loader", _loader())
                except BotoCoreError as error:
                    raise explained(error, "aws", "", "sts") from error
            return self._base

    @property
    def account(self) -> str:
        """The account of the credentials."""
        return self._identity()[0]

    @property
    def partition(self) -> str:
        """aws, aws-cn or aws-us-gov."""
        return self._identity()[1]

    @property
    def arn(self) -> str:
        """Who the credentials are, as CloudTrail names them."""
        return self._identity()[2]

    @property
    def global_region(self) -> str:
        """The region that shows what lies in none."""
        return GLOBAL_REGIONS.get(self.partition, self.region)

    def _identity(self) -> tuple[str, str, str]:
        with self._lock:
            if self._own is None:
                said = self._ask_sts("aws", "sts:GetCallerIdentity", "get_caller_identity", "Arn", {})
                arn = str(said["Arn"])
                self._own = (str(said["Account"]), arn.split(":")[1], arn)
            return self._own

    def _ask_sts(self, what: str, needs: str, method: str, holds: str, asked: dict[str, Any]) -> Any:
        """One answer to the own credentials; it must hold `holds`. Raises Unreachable."""
        base, region = self.base, self.region
        with self._making[""]:
            client = self._client(base, "sts", region)
        try:
            said = self.pace.ask("aws/sts", lambda: getattr(client, method)(**asked), patience("sts"))
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            raise explained(error, what, needs, "sts") from error
        finally:
            client.close()
        if holds not in said:
            raise Unreachable(what, f"an answer that can't be read: sts lacks {holds}")
        return said

    def role_arn(self, account: str) -> str | None:
        """The role that reads an account; None for the own one, and where no role is configured."""
        role = self.scope.role
        if role is None or account == self.account:
            return None
        if role.startswith("arn:"):
            return role.replace("{account}", account)
        return f"arn:{self.partition}:iam::{account}:role/{role}"

    def client(self, account: str, service: str, region: str) -> Any:
        """A client of one service; the caller closes it. Raises Unreachable where no role leads there."""
        session = self._session(account)
        with self._making["" if account == self.account else account]:
            return self._client(session, service, region)

    def offered(self, service: str, region: str) -> bool:
        """Whether the service is there in the region, as far as the SDK knows; an unknown region counts as yes."""
        with self._lock:
            for name in ("ec2", service):
                if name not in self._offered:
                    there = self.base.get_available_regions(name, partition_name=self.partition)
                    self._offered[name] = frozenset(there)
            known, there = self._offered["ec2"], self._offered[service]
        return region not in known or not there or region in there

    def _session(self, account: str) -> Any:
        if account == self.account:
            return self.base
        with self._lock:
            if account not in self._sessions:
                self._sessions[account] = self._assumed(account)
            return self._sessions[account]

    def _assumed(self, account: str) -> Any:
        arn = self.role_arn(account)
        if arn is None:
            raise Unreachable(
                f"aws/{account}",
                "the credentials are of another account and no role is configured (role: …)",
                "sts:AssumeRole on a role in that account",
                "denied",
            )
        session = botocore.session.Session()
        session.register_component("data_loader", _loader())
        session._credentials = DeferredRefreshableCredentials(
            lambda: self._assume(account, arn), "sts-assume-role"
        )
        return boto3.session.Session(botocore_session=session, region_name=self.region)

    def _assume(self, account: str, arn: str) -> dict[str, str]:
        asked: dict[str, Any] = {"RoleArn": arn, "RoleSessionName": SESSION_NAME, "DurationSeconds": DURATION}
        if self.scope.external_id:
            asked["ExternalId"] = self.scope.external_id
        needs = f"sts:AssumeRole on {arn}"
        got = self._ask_sts(f"aws/{account}", needs, "assume_role", "Credentials", asked)["Credentials"]
        return {
            "access_key": got["AccessKeyId"],
            "secret_key": got["SecretAccessKey"],
            "token": got["SessionToken"],
            "expiry_time": got["Expiration"].isoformat(),
        }

    def _client(self, session: Any, service: str, region: str) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=CONNECT,
            read_timeout=READ,
            user_agent_extra=SESSION_NAME,
        )
        client = session.client(service, region_name=region, config=config)

        def count(event_name: str, **_: object) -> None:
            call = f"{service}:{event_name.rsplit('.', 1)[1]}"
            assert call in self.allowed, f"{call} is no call that tagrecon sends"
            with self._counting:
                self.calls[call] += 1

        client.meta.events.register("before-send", count)
        client.meta.events.register("before-parse", _whole)
        return client


@cache
def _loader() -> Any:
    """The models of services are large: one copy for all accounts."""
    return boto3.session.Session()._session.get_component("data_loader")


def _whole(response_dict: dict[str, Any], operation_model: Any, **_: object) -> None:
    """Refuses an answer that was cut, or that is no JSON where JSON is spoken: the SDK would take it for an empty
    one. Raises ResponseParserError."""
    if response_dict["status_code"] >= 300:
        return
    body, length = response_dict["body"], response_dict["headers"].get("content-length", "")
    if length.isdigit() and int(length) != len(body):
        raise ResponseParserError(f"{len(body)} of {length} bytes came")
    if operation_model.output_shape is None and not body:
        return  # it says nothing at all
    if operation_model.service_model.resolved_protocol in ("json", "rest-json"):
        try:
            json.loads(body)
        except ValueError as error:
            raise ResponseParserError(f"it is no JSON ({error})") from error
