"""Is the registry right, and what may stand in it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import options
from recon.cli.conclusion import echo_json
from recon.cli.door import door, near
from recon.cli.settings import configured
from recon.errors import Exit, InputErrors
from recon.hostile import shown

if TYPE_CHECKING:
    from recon.registry import Registry

app = typer.Typer(
    help="The label registry: check it, or print its schema.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("check")
@door
def check(
    path: Annotated[
        Path | None, typer.Argument(metavar="[REGISTRY]", help="A registry; left out: the configured one.")
    ] = None,
    config: options.Config = options.DEFAULT_CONFIG,
    as_json: options.Json = False,
) -> int:
    """Check a registry, and with a configuration its allocation rules: every mistake, with file and line."""
    from recon.allocation import load_allocation
    from recon.registry import load_registry

    cfg = None if path else configured(config)
    file = path or (cfg.registry if cfg else Path())
    try:
        registry = load_registry(file)
        if cfg and cfg.allocation:
            load_allocation(cfg.allocation, registry)
    except InputErrors as wrong:
        if as_json:
            echo_json(
                {"registry": near(file), "ok": False, "errors": [near(error) for error in wrong.errors]}
            )
        raise
    if as_json:
        echo_json({"registry": near(file), "ok": True, "errors": [], **_facts(registry)})
    else:
        typer.echo(f"{shown(near(file))}: nothing wrong")
        for name, value in _facts(registry).items():
            typer.echo(f"  {name}: {', '.join(value) if isinstance(value, list) else value}")
    return Exit.DONE


@app.command("schema")
@door
def schema() -> int:
    """Print the JSON Schema of registry.yaml, for editors."""
    from recon.registry import registry_schema

    echo_json(registry_schema())
    return Exit.DONE


def _facts(registry: Registry) -> dict[str, object]:
    required = [shown(name, 60) for name, key in registry.keys.items() if key.required]
    return {
        "version": registry.version,
        "owner": shown(registry.owner, 60),
        "keys": [shown(name, 60) for name in registry.keys],
        "required": required,
        "exemptions": len(registry.exemptions),
        "catalogue": len(registry.catalogue),
        "content_hash": registry.content_hash,
    }
