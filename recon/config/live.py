"""What of a cloud is to be listed live, and by whom?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from recon.yaml_file import RelativePath, Strict, Text

AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]


class AwsScope(Strict):
    """Accounts of AWS. Left out altogether: the account of the credentials, in all its enabled regions."""

    accounts: tuple[AccountId, ...] = Field(default=(), description="12-digit account ids, quoted")
    organization: bool = Field(
        default=False,
        description="list the accounts of the organization, with their units and tags; asked with the credentials "
        "of the management or a delegated account",
    )
    role: Text | None = Field(
        default=None,
        description="name of the role to assume in each account other than the own one, or its ARN with {account}",
    )
    external_id: Text | None = Field(default=None, description="external id that the role asks for")
    profile: Text | None = Field(default=None, description="profile of the shared AWS configuration")
    regions: tuple[Text, ...] = Field(default=(), description="left out: all regions enabled in the account")
    untagged: Literal["resource-explorer", "config", "services", "none"] | None = Field(
        default=None,
        description="what shows resources that never had a tag; left out: the first of them that answers",
    )
    aggregator: Text | None = Field(default=None, description="name of the AWS Config aggregator")


class GcpScope(Strict):
    """A part of Google Cloud."""

    scopes: tuple[
        Annotated[str, StringConstraints(pattern=r"^(organizations|folders|projects)/[\w.:-]+$")], ...
    ] = Field(min_length=1, description="organizations/NUMBER, folders/NUMBER or projects/ID")
    asset_types: tuple[Text, ...] = Field(
        default=(),
        description="Cloud Asset types, or RE2 patterns of them; left out: all that are searchable",
    )
    quota_project: Text | None = Field(default=None, description="the project whose quota the requests use")


class AzureScope(Strict):
    """A part of an Azure tenant. Left out altogether: every subscription that the identity can see."""

    management_groups: tuple[Text, ...] = Field(default=(), description="names of management groups")
    subscriptions: tuple[Text, ...] = Field(default=(), description="subscription ids")
    cloud: Literal["public", "china", "usgov"] = Field(default="public", description="which Azure")


class KubernetesScope(Strict):
    """One cluster."""

    cluster: Text = Field(description="its name, as bills and cost exports write it")
    context: Text | None = Field(
        default=None, description="context of the kubeconfig; left out: the current one"
    )
    kubeconfig: RelativePath | None = Field(
        default=None, description="left out: KUBECONFIG, the user's own, or the pod's service account"
    )
    namespaces: tuple[Text, ...] = Field(default=(), description="left out: all of them")
