"""tagrecon.yaml: the smallest that works, defaults, paths, and what is refused where."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from recon.config import Prefer, RunConfig, config_hash, config_schema, load_config, secret_of
from recon.errors import InputError

SMALLEST = """\
store: var/tagrecon.duckdb
output: out
registry: registry.yaml
billing:
  - {name: bill, connector: focus, location: exports/}
inventory:
  - {name: live, connector: files, location: inventory/}
"""


def load(tmp_path: Path, text: str, **overrides: str | Path | None) -> RunConfig:
    path = tmp_path / "tagrecon.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, overrides=overrides)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(InputError) as refused:
        load(tmp_path, text)
    return str(refused.value).replace(str(tmp_path / "tagrecon.yaml"), "F")


def test_the_smallest_configuration_works_and_its_paths_follow_the_file(tmp_path: Path) -> None:
    config = load(tmp_path, SMALLEST)
    assert config.store == tmp_path / "var/tagrecon.duckdb"
    assert config.billing[0].location == str(tmp_path / "exports")
    assert (config.grace_hours, config.memory_limit, config.remediate) == (48, "1GB", "plan")
    assert config.inventory[0].lists_untagged is True


def test_only_the_registry_has_no_default(tmp_path: Path) -> None:
    config = load(tmp_path, "registry: r.yaml\n")
    assert (config.billing, config.inventory, config.output) == ((), (), tmp_path / "out")
    assert '"registry" is missing' in refusal(tmp_path, "output: out\n")


@pytest.mark.parametrize("url", ["s3://bucket/x/", "az://c/x/*.csv", "gs://b/"])
def test_addresses_of_object_stores_are_left_as_they_are(tmp_path: Path, url: str) -> None:
    config = load(tmp_path, f"registry: r\nbilling: [{{name: b, location: '{url}'}}]\n")
    assert config.billing[0].location == url


def test_what_the_command_line_says_wins_and_is_relative_to_the_working_folder(tmp_path: Path) -> None:
    config = load(tmp_path, SMALLEST, output="elsewhere", store=None, grace_hours="12")
    assert config.output == Path("elsewhere").absolute()
    assert config.store == tmp_path / "var/tagrecon.duckdb"
    assert config.grace_hours == 12


def test_an_unknown_override_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='Did you mean "output"'):
        load(tmp_path, SMALLEST, outputs="x")


def test_files_that_overlap_may_be_parts_newest_or_preferred(tmp_path: Path) -> None:
    text = "registry: r\nbilling:\n" + "".join(
        f"  - {{name: b{i}, location: x, files: {files}}}\n"
        for i, files in enumerate(["parts", "newest", "{prefer: '*full*'}"])
    )
    assert [b.files for b in load(tmp_path, text).billing] == ["parts", "newest", Prefer(prefer="*full*")]


def test_own_targets_stand_beside_the_default_ones(tmp_path: Path) -> None:
    targets = load(tmp_path, "registry: r\ntargets: {M1: .97}\n").targets
    assert (targets["M1"], targets["M10"]) == (Decimal(".97"), Decimal("0.01"))


def test_a_default_of_a_column_stays_text(tmp_path: Path) -> None:
    text = "registry: r\nbilling: [{name: b, location: x, defaults: {BillingAccountId: 007}}]\n"
    assert load(tmp_path, text).billing[0].defaults == {"BillingAccountId": "007"}


HEAD = "registry: r\n"
BAD_DEFAULT = HEAD + "billing:\n - name: a\n   location: x\n   defaults:\n    BillingCurency: USD\n"
TWICE = HEAD + "billing:\n - name: a\n   location: x\n - name: A\n   location: y\n"
ONE = HEAD + "billing:\n - {name: a, location: x, "
REFUSED = [
    (HEAD + "biling: []\n", 'F:2: unknown key "biling"; allowed: registry'),
    (HEAD + "biling: []\n", 'Did you mean "billing"?'),
    (ONE + "connector: fokus}\n", 'F:3: billing[0].connector: unknown value "fokus"'),
    (ONE + "files: both}\n", "F:3: billing[0].files"),
    (ONE + "files: {prefr: x}}\n", 'F:3: unknown key "prefr" in billing[0].files'),
    (HEAD + "billing:\n - {name: a, location: ''}\n", "F:3: billing[0].location: a path is needed"),
    (HEAD + "billing:\n - {name: a/b, location: x}\n", "F:3: billing[0].name: a name of 1 to 64"),
    (TWICE, 'F:5: billing name "A" is taken (line 3)'),
    (HEAD + "inventory:\n - {name: a, location: x}\n - {name: a, location: x}\n", "F:4: inventory name"),
    (HEAD + "inventory:\n - {name: a, connector: files}\n", 'F:3: "location" is missing in inventory[0]'),
    (
        HEAD + "inventory: [{name: a, location: x, observed_at: 2026}]\n",
        "F:2: inventory[0].observed_at: a day is needed",
    ),
    (BAD_DEFAULT, "F:6: billing[0].defaults.BillingCurency: unknown FOCUS column"),
    (BAD_DEFAULT, 'Did you mean "BillingCurrency"?'),
    (HEAD + "grace_hours: -1\n", "F:2: grace_hours"),
    (HEAD + "threads: 0\n", "F:2: threads"),
    (HEAD + "memory_limit: lots\n", "F:2: memory_limit: a size is needed, such as 1GB"),
    (HEAD + "account_owner_bears: [tex]\n", 'F:2: account_owner_bears[0]: unknown value "tex"'),
    (HEAD + "targets: {M1: 95}\n", "F:2: targets: M1 is a share between 0 and 1"),
    (HEAD + "targets: {M11: 1}\n", 'F:2: targets.M11: unknown value "M11"'),
    (HEAD + "targets: {M1: nan}\n", "F:2: targets.M1"),
    (HEAD + "mask_key: TAGRECON_MASK_KEY\n", "F:2: a secret is written out"),
    (HEAD + "remediate: always\n", 'F:2: remediate: unknown value "always"; allowed: plan, apply'),
    (HEAD + "schedule: {timezone: Mars/Base}\n", "F:2: schedule.timezone: no such time zone"),
    (HEAD + "report: {top: 0}\n", "F:2: report.top"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_wrong_is_told_with_file_line_and_what_is_allowed(
    tmp_path: Path, text: str, message: str
) -> None:
    assert message in refusal(tmp_path, text)


CRON_REFUSED = [
    ("15 2 * * 1", "use names: mon, tue"),
    ("15 2 * * mon-5", "use names"),
    ("15 2 * *", "five cron fields"),
    ("60 2 * * *", '"60" is no minute; allowed: 0-59'),
    ("0 24 * * *", '"24" is no hour'),
    ("0 2 0 * *", "no day of month"),
    ("0 2 * foo *", "no month; allowed: 1-12 or jan"),
    ("0 2 * * fun", "no weekday"),
    ("*/0 2 * * *", "a step of 0"),
    ("5-1 2 * * *", "runs backwards"),
    ("@daily", "five cron fields"),
    ("1;2 2 * * *", "is no cron minute"),
]


@pytest.mark.parametrize(("cron", "message"), CRON_REFUSED)
def test_a_cron_line_that_would_surprise_is_refused(tmp_path: Path, cron: str, message: str) -> None:
    told = refusal(tmp_path, f"registry: r\nschedule:\n  jobs:\n   - {{name: n, cron: '{cron}'}}\n")
    assert "F:4: schedule.jobs[0].cron" in told
    assert message in told


@pytest.mark.parametrize("cron", ["15 2 * * *", "*/5 0-6 1,15 jan-mar mon-fri", "0 0 1 12 SUN"])
def test_a_plain_cron_line_is_taken(tmp_path: Path, cron: str) -> None:
    config = load(
        tmp_path, f"registry: r\nschedule: {{jobs: [{{name: n, cron: '{cron}', args: [--quiet]}}]}}\n"
    )
    assert (config.schedule.jobs[0].cron, config.schedule.jobs[0].args) == (cron, ("--quiet",))


SECRETS = [
    "billing: [{name: a, location: 's3://b/', password: hunter2hunter2}]",
    "billing: [{name: a, location: 'https://user:hunter2hunter2@host/x'}]",
    "report: {title: 'AKIAHUNTER2HUNTER2AB'}",
    "mask_key: hunter2hunter2",
    "report: {title: 'password=hunter2hunter2'}",
]


@pytest.mark.parametrize("line", SECRETS)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    told = refusal(tmp_path, HEAD + line + "\n")
    assert "F:2: a secret is written out" in told
    assert "hunter2" not in told.casefold()


def test_an_environment_reference_is_no_secret(tmp_path: Path) -> None:
    config = load(tmp_path, HEAD + "mask_key: ${TAGRECON_MASK_KEY}\n")
    assert config.mask_key is not None
    assert secret_of(config.mask_key, {"TAGRECON_MASK_KEY": "k"}) == "k"


def test_a_reference_to_nothing_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="TAGRECON_MASK_KEY is not set"):
        secret_of("${TAGRECON_MASK_KEY}", {})


def test_the_hash_is_the_same_wherever_the_folder_lies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert config_hash(load(tmp_path / "a", SMALLEST)) == config_hash(load(tmp_path / "b", SMALLEST))


@pytest.mark.parametrize(
    "line", ["threads: 2", "memory_limit: 2GB", "mask_key: '${K}'", "schedule: {timezone: UTC}"]
)
def test_what_changes_no_number_does_not_change_the_hash(tmp_path: Path, line: str) -> None:
    same = load(tmp_path, SMALLEST.replace("output: out", "output: other") + line)
    assert config_hash(same) == config_hash(load(tmp_path, SMALLEST))


@pytest.mark.parametrize("line", ["grace_hours: 12", "account_owner_bears: tax", "targets: {M1: .9}"])
def test_what_changes_a_number_changes_the_hash(tmp_path: Path, line: str) -> None:
    assert config_hash(load(tmp_path, SMALLEST + line)) != config_hash(load(tmp_path, SMALLEST))


def test_the_schema_is_valid_and_takes_what_the_loader_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(config_schema())
    plain = {
        "registry": "r",
        "billing": [{"name": "b", "location": "x", "files": {"prefer": "*"}}],
        "threads": 2,
    }
    jsonschema.validate(plain, config_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"registry": "r", "biling": []}, config_schema())
