"""Which writer writes to which cloud? Opened only where the configuration says that the cloud may be written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

from connectors.live.pace import Pace
from recon.config import RunConfig
from recon.config.live import AwsScope, AzureScope, GcpScope
from recon.errors import InputError
from recon.fix.writing import Writer

WRITABLE = ("aws", "azure", "gcp")


@contextmanager
def opened(cfg: RunConfig, providers: Collection[str]) -> Iterator[Mapping[str, Writer]]:
    """Writers of those of the providers that `fix:` sets up; closed at the end. Raises InputError where a client library is
    missing."""
    with ExitStack() as stack:
        writers: dict[str, Writer] = {}
        for provider in sorted(set(providers) & set(WRITABLE)):
            scope = _scope(cfg, provider)
            if scope is not None:
                writers[provider] = _open(provider, scope)
                stack.callback(writers[provider].close)
        yield writers


def _scope(cfg: RunConfig, provider: str) -> Any:
    """What the writer is told: the credentials of `fix:`; None where the cloud may not be written."""
    fixing = cfg.fix
    if provider == "aws" and fixing.aws is not None:
        return AwsScope(role=fixing.aws.role, external_id=fixing.aws.external_id, profile=fixing.aws.profile)
    if provider == "azure" and fixing.azure is not None:
        return AzureScope(cloud=fixing.azure.cloud)
    if provider == "gcp" and fixing.gcp is not None:
        found = [i.gcp.scopes for i in cfg.inventory if i.gcp is not None]
        scopes = tuple(scope for each in found for scope in each) or ("organizations/0",)
        return GcpScope(scopes=scopes, quota_project=fixing.gcp.quota_project)
    return None


def _open(provider: str, scope: Any) -> Writer:
    try:  # the SDK may be imported as late as when the writer is opened
        module = import_module(f"connectors.{provider}.writer")
        writer: Writer = module.open_writer(scope, Pace())
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("connectors"):
            raise
        raise InputError(
            f"to write to {provider} its client library is needed: pip install 'tagrecon[{provider}]'"
        ) from None
    return writer
