"""Which account, container and path does an Azure location name? And whose key may be shown to it?

Accepted: `az://container/path` (the account from the environment), `az://<account host>/container/path`,
`https://<account host>/container/path` as the portal shows it, `abfss://container@<account host>/path`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from recon.errors import InputError
from recon.hostile import shown

_HOST = re.compile(
    r"([a-z0-9]{3,24})(?:-secondary)?(?:\.z[0-9]+)?\.(?:blob|dfs)\."
    r"(?:core\.windows\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn|storage\.azure\.net)"
)
_CONTAINER = re.compile(r"\$root|\$web|\$logs|[a-z0-9](?:-?[a-z0-9]){2,62}")
_FORMS = (
    "az://container/path, az://account.blob.core.windows.net/container/path, "
    "https://account.blob.core.windows.net/container/path, "
    "abfss://container@account.dfs.core.windows.net/path"
)


@dataclass(frozen=True)
class AzureAddress:
    """`host` of the account's Blob endpoint, empty where the environment names the account."""

    host: str
    container: str
    path: str


def account_of(host: str) -> str:
    """The account's name, as the first label of its endpoint carries it."""
    return host.partition(".")[0].removesuffix("-secondary")


def azure_address(location: str) -> AzureAddress:
    """The parts of an Azure location. Raises InputError, also for a host that is not Azure Storage's: a
    token of ours is sent to no other."""
    scheme, _, rest = location.partition("://")
    authority, _, path = rest.partition("/")
    if scheme == "abfss":
        container, _, host = authority.partition("@")
    elif "." in authority or scheme == "https":
        host = authority
        container, _, path = (unquote(path) if scheme == "https" else path).partition("/")
    else:
        host, container = "", authority
    host = host.lower()
    if (host or scheme != "az") and not _HOST.fullmatch(host):
        raise InputError(
            f'location "{shown(location)}" names no Azure Storage account. Write one of: {_FORMS}. '
            "For another endpoint set AZURE_STORAGE_CONNECTION_STRING and write az://container/path."
        )
    if not _CONTAINER.fullmatch(container):
        raise InputError(f'location "{shown(location)}" names no container. Write one of: {_FORMS}')
    return AzureAddress(host.replace(".dfs.", ".blob."), container, path)
