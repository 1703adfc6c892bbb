"""How does a model become a page that can do nothing but be read?

Jinja2 in a sandbox, autoescape on, undefined names refused. The page carries its own style and script and a
content security policy that allows exactly those two, by hash, and nothing else: no request leaves the file
and no injected script runs. A user's template directory is searched first, so a file of the same name
replaces one of ours; ours stay reachable as `tagrecon/<name>`, so a user's `index.html` can extend it and
override single blocks.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from recon.errors import InputError, OurBug, Where
from reports import charts, verdicts, words
from reports.csv_tables import cell
from reports.definitions import KNOWN
from reports.visible import visible

OURS = Path(__file__).parent / "templates"
_STYLE, _SCRIPT = "style.css", "page.js"


def html_environment(templates: Path | None) -> Environment:
    """The environment for HTML; every number's text comes from `reports.words`."""
    environment = _environment(templates, autoescape=True)
    style, script = _asset(environment, _STYLE), _asset(environment, _SCRIPT)
    environment.globals.update(
        style=style,
        script=script,
        policy=content_security_policy(str(style), str(script)),
        patterns=charts.patterns(),
        swatch=charts.swatch,
        heat_class=charts.heat_class,
        css_class=verdicts.css_class,
        defined=KNOWN,
    )
    return environment


def csv_environment(templates: Path | None) -> Environment:
    """The environment for a user's CSV template: every `{{ … }}` comes out as one guarded, quoted cell."""
    environment = _environment(templates, autoescape=False)
    environment.finalize = cell
    return environment


def render_page(
    environment: Environment, name: str, model: Mapping[str, object], templates: Path | None
) -> str:
    """Render one template. Raises InputError with file and line when it is the user's that fails."""
    try:
        return environment.get_template(name).render(model)
    except (TemplateError, TypeError, ValueError, ZeroDivisionError) as error:
        raise _blame(error, name, templates) from error


def user_templates(templates: Path | None) -> list[str]:
    """The user's own reports: HTML and CSV files in the template directory that are not ours by name."""
    if templates is None:
        return []
    ours = {path.name for path in OURS.iterdir()}
    return sorted(p.name for p in templates.iterdir() if p.suffix in {".html", ".csv"} and p.name not in ours)


def content_security_policy(style: str, script: str) -> str:
    """The policy of a page with exactly this style and this script."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _environment(templates: Path | None, *, autoescape: bool) -> Environment:
    if templates is not None and not templates.is_dir():
        raise InputError(
            "report.templates: no such directory. Give a directory with Jinja2 templates, or leave it out.",
            Where(templates),
        )
    ours = FileSystemLoader(OURS)
    own = [FileSystemLoader(templates)] if templates else []
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*own, ours, PrefixLoader({"tagrecon": ours})]),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(_filters())
    return environment


def _filters() -> dict[str, Callable[..., object]]:
    return {
        "amount": words.amount, "money": words.money, "share": words.share, "count_text": words.count,
        "measure": words.measure, "period": words.period, "day": words.day, "instant": words.instant,
        "exact": words.exact, "unit_cost": words.unit_cost, "known": _known, "visible": visible, "told": _told,
    }  # fmt: skip


def _known(value: object) -> str:
    """Text from outside, harmless; "not known" where there is none."""
    return words.NOT_KNOWN if value is None or value == "" else visible(value)


def _told(value: object) -> str:
    """A reason: a sentence or two, so it may be longer than a value."""
    return words.NOT_KNOWN if value is None or value == "" else visible(value, 400)


def _asset(environment: Environment, name: str) -> Markup:
    assert environment.loader is not None
    source = environment.loader.get_source(environment, name)[0]
    if "</" in source:
        raise InputError(f"{name}: holds '</', which would end its element early. Write '<\\/'.")
    return Markup(source)


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _blame(error: Exception, name: str, templates: Path | None) -> InputError | OurBug:
    if templates is None:
        return OurBug(f"template {name}: {type(error).__name__}: {error}")
    line = error.lineno if isinstance(error, TemplateSyntaxError) else None
    file = (error.name if isinstance(error, TemplateSyntaxError) else None) or name
    allowed = (
        " Templates run in a sandbox: no imports, no private attributes."
        if isinstance(error, SecurityError)
        else ""
    )
    return InputError(
        f"template failed: {error}.{allowed} Mend it, or take the file away to use the built-in one.",
        Where(templates / file, line),
    )
