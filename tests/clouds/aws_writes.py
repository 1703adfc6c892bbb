"""How do the services of an invented estate take tags: the tagging API, Organizations, load balancers, queues?

With the limits that AWS documents: 20 ARNs in a call, 50 tags on a resource, no key that begins with aws:.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from tests.clouds.aws_wire import Asked, Refused, members

ARNS, TAGS = 20, 50
Resource = dict[str, Any]
_EMPTY = "<R><{0}Result/></R>"


class Writes:
    """`find`: a resource by account, region and ARN; `container`: an account or unit by id. `failing`: ARN → the
    failures (status, code, message) that its next writes through the tagging API meet, one by one."""

    def __init__(
        self,
        find: Callable[[str, str, str], Resource | None],
        container: Callable[[str], Resource | None],
    ) -> None:
        self._find, self._container = find, container
        self.failing: dict[str, list[tuple[int, str, str]]] = defaultdict(list)

    def say_resourcegroupstaggingapi_tagresources(self, asked: Asked, account: str) -> dict[str, Any]:
        tags = dict((asked.params or {}).get("Tags") or {})
        if not tags or len(tags) > TAGS:
            raise Refused("InvalidParameterException", "1 to 50 tags")
        return self._each(asked, account, lambda resource: put(resource, tags))

    def say_resourcegroupstaggingapi_untagresources(self, asked: Asked, account: str) -> dict[str, Any]:
        keys = list((asked.params or {}).get("TagKeys") or ())
        if not keys or len(keys) > TAGS:
            raise Refused("InvalidParameterException", "1 to 50 keys")
        return self._each(asked, account, lambda resource: drop(resource, keys))

    def _each(self, asked: Asked, account: str, change: Callable[[Resource], None]) -> dict[str, Any]:
        arns = (asked.params or {}).get("ResourceARNList") or ()
        if not 1 <= len(arns) <= ARNS or len(set(arns)) != len(arns):
            raise Refused("InvalidParameterException", f"1 to {ARNS} ARNs, each once")
        wrongs: dict[str, Any] = {}
        for arn in arns:
            try:
                if self.failing.get(arn):
                    status, code, message = self.failing[arn].pop(0)
                    raise Refused(code, message, status)
                resource = self._find(account, asked.region, arn)
                if resource is None:
                    raise Refused("ResourceNotFoundException", "there is no such resource", 404)
                change(resource)
            except Refused as no:
                said = {"StatusCode": no.status, "ErrorCode": no.code, "ErrorMessage": no.message}
                wrongs[arn] = said
        return {"FailedResourcesMap": wrongs}

    def say_organizations_tagresource(self, asked: Asked, _: str) -> dict[str, Any]:
        put(self._contained(asked), _unpaired((asked.params or {})["Tags"]))
        return {}

    def say_organizations_untagresource(self, asked: Asked, _: str) -> dict[str, Any]:
        drop(self._contained(asked), (asked.params or {})["TagKeys"])
        return {}

    def _contained(self, asked: Asked) -> Resource:
        found = self._container((asked.params or {})["ResourceId"])
        if found is None:
            raise Refused("TargetNotFoundException")
        return found

    def say_elbv2_describetags(self, asked: Asked, account: str) -> str:
        found = ""
        for resource in self._balancers(asked, account):
            tags = "".join(
                f"<member><Key>{_xml(k)}</Key><Value>{_xml(v)}</Value></member>"
                for k, v in resource["tags"].items()
            )
            found += f"<member><ResourceArn>{_xml(resource['id'])}</ResourceArn><Tags>{tags}</Tags></member>"
        return f"<R><DescribeTagsResult><TagDescriptions>{found}</TagDescriptions></DescribeTagsResult></R>"

    def say_elbv2_addtags(self, asked: Asked, account: str) -> str:
        tags = _unpaired(members(asked.params or {}, "elbv2", "AddTags")["Tags"])
        for resource in self._balancers(asked, account):
            put(resource, tags)
        return _EMPTY.format("AddTags")

    def say_elbv2_removetags(self, asked: Asked, account: str) -> str:
        keys = members(asked.params or {}, "elbv2", "RemoveTags")["TagKeys"]
        for resource in self._balancers(asked, account):
            drop(resource, keys)
        return _EMPTY.format("RemoveTags")

    def _balancers(self, asked: Asked, account: str) -> list[Resource]:
        arns = members(asked.params or {}, "elbv2", asked.operation)["ResourceArns"]
        found = [self._find(account, asked.region, arn) for arn in arns]
        if None in found:
            raise Refused("LoadBalancerNotFound", status=400)
        return [each for each in found if each is not None]

    def say_sqs_getqueueurl(self, asked: Asked, account: str) -> dict[str, Any]:
        return {"QueueUrl": f"http://queue/{account}/{(asked.params or {})['QueueName']}"}

    def say_sqs_listqueuetags(self, asked: Asked, account: str) -> dict[str, Any]:
        return {"Tags": self._queue(asked, account)["tags"]}

    def say_sqs_tagqueue(self, asked: Asked, account: str) -> dict[str, Any]:
        put(self._queue(asked, account), (asked.params or {})["Tags"])
        return {}

    def say_sqs_untagqueue(self, asked: Asked, account: str) -> dict[str, Any]:
        drop(self._queue(asked, account), (asked.params or {})["TagKeys"])
        return {}

    def _queue(self, asked: Asked, account: str) -> Resource:
        name = str((asked.params or {})["QueueUrl"]).rsplit("/", 1)[1]
        found = self._find(account, asked.region, f"arn:aws:sqs:{asked.region}:{account}:{name}")
        if found is None:
            raise Refused("AWS.SimpleQueueService.NonExistentQueue")
        return found


def put(resource: Resource, tags: Mapping[str, str]) -> None:
    """Raises Refused where AWS would."""
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise Refused("InvalidParameterException", f"the tag {key}={value} is not allowed")
    if len([key for key in {**resource["tags"], **tags} if not key.lower().startswith("aws:")]) > TAGS:
        raise Refused("TooManyTagsException", "more than 50 tags")
    resource["tags"] |= tags


def drop(resource: Resource, keys: Any) -> None:
    for key in keys:
        resource["tags"].pop(key, None)
    resource["was_tagged"] = True


def _unpaired(pairs: Any) -> dict[str, str]:
    return {pair["Key"]: pair.get("Value", "") for pair in pairs}


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
