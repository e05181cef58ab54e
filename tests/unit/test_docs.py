"""The documentation, held to the code."""

import json
import re
from collections import Counter
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audio_leakage.configuration.drift import CheckResult
from audio_leakage.configuration.rules import ConfigurationObject
from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason, ContactState, ContactWarning, FailureCause
from audio_leakage.contacts.verdict import FAILURE_CAUSES
from audio_leakage.evidence.acknowledgement import AcknowledgedCause
from audio_leakage.evidence.classes import CLASSES, ContactClass
from audio_leakage.evidence.reports import DayStatus
from audio_leakage.flow_audit.audit import audit
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.runs.alerts import AlertKind
from audio_leakage.runs.mutes import Mute, Mutes
from audio_leakage.runs.progress import Progress
from audio_leakage.settings import Settings
from audio_leakage.use_cases.proving import EVENT as DAY_EVIDENCE
from audio_leakage_tasks.failure import EVENT, WORKS_AGAIN
from conftest import ROOT
from support.docs import anchors_of, parts_of, rows_of, text_of, words_of
from support.evidence import evidence
from support.flow_sets import read
from support.flow_shapes import SHAPES, SOURCES

README, DOCS = ROOT / "README.md", ROOT / "docs"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
#: What `make faults`, `make soak` and `make bench` write.
GENERATED = {"faults.md", "soak.md", "benchmark.md"}
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
TEMPLATES = sorted((ROOT / "include" / "infrastructure").glob("*.yaml"))
CODE = [path for folder in ("dags", "include", "plugins") for path in (ROOT / folder).rglob("*.py")]
ALARMS = {
    name
    for path in TEMPLATES
    for name in re.findall(r"^  (\w+):\n    Type: AWS::CloudWatch::Alarm\n", path.read_text(), re.MULTILINE)
}
EVENTS = {*map(str, AlertKind), DAY_EVIDENCE, EVENT, WORKS_AGAIN}
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


def first_words(page: str, part: str) -> list[str]:
    """Return the word in the first cell of each row of a part's table."""
    return [words_of(cells[0])[0] for cells in rows_of(parts_of(DOCS / page)[part])]


def attribute_of(field: str) -> str:
    return "".join(word.capitalize() for word in field.split("_"))


class TestProse:
    @pytest.mark.parametrize("phrase", ["so many", "whoever", "of which"])
    def test_no_page_and_no_source_has_a_phrase_that_readers_stumble_over(self, phrase: str) -> None:
        kinds = (".md", ".py", ".js", ".html", ".yaml", ".tf")
        folders = (DOCS, *(ROOT / name for name in ("dags", "include", "plugins")))
        paths = [*ROOT.glob("*.md"), *(path for folder in folders for path in folder.rglob("*"))]
        read = [path for path in paths if path.suffix in kinds]
        assert len(read) > 200
        found = [
            path for path in read if phrase in " ".join(path.read_text().lower().replace("#", " ").split())
        ]
        assert found == []


class TestReadme:
    def test_the_readme_is_at_most_120_lines_long(self) -> None:
        assert len(README.read_text().splitlines()) <= 120

    def test_the_readme_has_at_most_three_semicolons(self) -> None:
        assert README.read_text().count(";") <= 3

    def test_the_readme_speaks_to_its_reader(self) -> None:
        words = re.findall(r"[A-Za-z']+", text_of(README))
        spoken = [word for word in words if word.lower() in ("you", "we")]
        assert len(spoken) * 1000 >= 15 * len(words)

    @pytest.mark.parametrize("command", ["make demo", "make test"])
    def test_the_two_commands_stand_near_the_top(self, command: str) -> None:
        assert command in "\n".join(README.read_text().splitlines()[:25])

    def test_the_readme_names_every_page_that_a_person_wrote(self) -> None:
        named = set(re.findall(r"\(docs/([\w-]+\.md)", README.read_text()))
        assert named == {path.name for path in DOCS.glob("*.md")} - GENERATED


class TestSettings:
    def test_the_settings_table_has_every_field_and_no_other_key(self) -> None:
        rows = rows_of(parts_of(DOCS / "settings.md")["Settings"])
        assert [word for cells in rows for word in words_of(cells[0])] == [
            each.name for each in fields(Settings)
        ]

    def test_the_settings_table_has_each_default_and_each_range(self) -> None:
        rows = {words_of(cells[0])[0]: cells for cells in rows_of(parts_of(DOCS / "settings.md")["Settings"])}
        for setting in fields(Settings):
            _, default, allowed, _ = rows[setting.name]
            if setting.default is MISSING:
                assert default == "required", setting.name
            elif setting.default is not None:
                value = list(setting.default) if isinstance(setting.default, tuple) else setting.default
                assert default.strip("`") == str(value), setting.name
            if setting.metadata["allowed"].startswith("a number from "):
                assert allowed == setting.metadata["allowed"].removeprefix("a number from "), setting.name

    def test_the_readme_repeats_defaults_as_they_are(self) -> None:
        told = {
            words_of(cells[0])[0]: cells[1] for cells in rows_of(parts_of(DOCS / "settings.md")["Settings"])
        }
        part = parts_of(README)["The five settings you need"]
        assert {words_of(cells[0])[0]: cells[1] for cells in rows_of(part)}.items() <= told.items()

    def test_the_table_of_mutes_has_every_key_and_the_sample_is_right(self) -> None:
        part = parts_of(DOCS / "settings.md")["Known leaks"]
        names = [words_of(cells[0])[0] for cells in rows_of(part)]
        assert sorted(names) == sorted(each.name for each in fields(Mute))
        (sample,) = re.findall(r"```json\n(\[.*?)```", (DOCS / "settings.md").read_text(), re.DOTALL)
        assert Mutes.from_json(sample, datetime(2026, 11, 27, tzinfo=UTC)).problem is None
        assert list(json.loads(sample)[0]) == names


class TestVerdicts:
    def test_the_states_are_those_of_the_code(self) -> None:
        assert first_words("verdicts.md", "How a contact moves") == list(ContactState)

    def test_the_causes_are_those_of_the_code_in_their_order(self) -> None:
        causes = first_words("verdicts.md", "Causes of failure")
        assert causes == [str(cause) for cause, _ in FAILURE_CAUSES]
        assert set(causes) == set(FailureCause)

    def test_the_reasons_are_those_of_the_code(self) -> None:
        reasons = first_words("verdicts.md", "Contacts without a verdict")
        assert len(reasons) == len(set(reasons))
        assert set(reasons) == set(ClosedReason)

    def test_the_warnings_are_those_of_the_code(self) -> None:
        assert first_words("verdicts.md", "Warnings") == list(ContactWarning)


class TestEvidence:
    def test_the_classes_are_those_of_the_code_in_their_order(self) -> None:
        told = [
            (words_of(cells[0])[0], cells[1], cells[2])
            for cells in rows_of(parts_of(DOCS / "evidence.md")["Classes"])
        ]
        by_verdict = {ContactClass.NOT_IN_POPULATION: "its verdict"}
        assert told == [
            (row.contact_class, by_verdict.get(row.contact_class, row.counts_as), row.severity)
            for row in CLASSES
        ]

    def test_every_object_of_the_configuration_is_explained_once(self) -> None:
        rows = rows_of(parts_of(DOCS / "evidence.md")["Configuration"])
        told = [words_of(cells[0]) for cells in rows]
        results, objects = told[: len(CheckResult)], told[len(CheckResult) :]
        assert [each[0] for each in results] == list(CheckResult)
        assert Counter(name for names in objects for name in names) == Counter(ConfigurationObject)

    def test_the_causes_to_acknowledge_are_those_of_the_code(self) -> None:
        cells = first_words("evidence.md", "Acknowledge exceptions")
        assert [cell for cell in cells if cell.isupper()] == list(AcknowledgedCause)

    def test_the_statuses_are_those_of_the_code(self) -> None:
        assert first_words("evidence.md", "Status of a day") == list(DayStatus)

    @pytest.mark.parametrize(
        ("part", "file"),
        [("Fields of a contact", "contacts.jsonl.gz"), ("Fields of a call", "calls.jsonl.gz")],
    )
    def test_the_page_explains_every_field_and_no_other(self, part: str, file: str) -> None:
        written = next(each.each_row() for each in evidence().files if each.name == file)
        named = [
            word for cells in rows_of(parts_of(DOCS / "evidence.md")[part]) for word in words_of(cells[0])
        ]
        assert sorted(named) == sorted(next(written))

    def test_the_page_names_every_file(self) -> None:
        text = (DOCS / "evidence.md").read_text()
        files = {each.name for each in evidence().files if not each.name.startswith("inputs/")}
        assert [name for name in sorted(files) if f"`{name}`" not in text] == []


class TestContactTable:
    def test_the_page_names_every_attribute_once_and_no_other(self) -> None:
        parts = parts_of(DOCS / "contact-table.md")
        under = list(parts)[list(parts).index("Attributes") : list(parts).index("How far runs have come")]
        named = [words_of(cells[0])[0] for part in under for cells in rows_of(parts[part])]
        ours = {attribute_of(each.name) for each in fields(Contact)} | {"OpenState", "InitialisedHour"}
        assert sorted(named) == sorted(ours | {"ExpiresAt"})

    def test_the_page_names_every_key_of_the_progress_variable(self) -> None:
        named = [
            word
            for cells in rows_of(parts_of(DOCS / "contact-table.md")["How far runs have come"])
            for word in words_of(cells[0])
        ]
        some = datetime(2026, 1, 1, tzinfo=UTC)
        full = Progress(
            read_from=some,
            read_until=some,
            lost_from=some,
            lost_until=some,
            alert_pending="x",
            adoption_start="x",
            mutes=(Mute(id="x", until=some, reason="x", queue_id="x"),),
        )
        kept = full.to_values("contacts", "an id")
        assert set(named) == set(kept)
        assert len(kept) == len(fields(Progress)) + 2

    def test_the_page_names_both_indexes_with_their_keys(self) -> None:
        template = (ROOT / "include" / "infrastructure" / "table.yaml").read_text()
        index = r"IndexName: ([\w-]+)\n\s+KeySchema:\n\s+- \{ AttributeName: (\w+), .*\n\s+- \{ AttributeName: (\w+),"
        rows = list(rows_of(parts_of(DOCS / "contact-table.md")["The indexes"]))
        assert [tuple(words_of(cell)[0] for cell in cells[:3]) for cells in rows] == re.findall(
            index, template
        )


class TestOperations:
    PARTS = parts_of(DOCS / "operations.md")

    @pytest.mark.parametrize("heading", sorted(ALARMS | EVENTS))
    def test_the_runbook_says_what_to_do(self, heading: str) -> None:
        steps = re.findall(r"^\*\*(\w+)\.\*\* \S", self.PARTS[heading], re.MULTILINE)
        assert steps == ["Meaning", "Impact", "Check", "Fix"]

    def test_the_runbook_knows_no_other_alarm_or_alert(self) -> None:
        alarms = {heading for heading in self.PARTS if heading.endswith("Alarm")}
        events = {heading for heading in self.PARTS if re.fullmatch(r"[A-Z_]+", heading)}
        assert alarms == ALARMS
        assert events == EVENTS

    def test_the_runbook_has_every_metric_that_an_alarm_is_set_on(self) -> None:
        text = "\n".join(path.read_text() for path in TEMPLATES)
        watched = set(re.findall(r"Namespace: AudioLeakage\n +MetricName: (\w+)", text))
        assert watched
        assert watched <= set(first_words("operations.md", "The metrics behind them"))


class TestFlowAudit:
    def test_the_public_shapes_are_counted_by_whose_flows_they_follow(self) -> None:
        rows = re.findall(r"^\| ([^|`]+) \| (\d+) \|$", (DOCS / "flow-audit.md").read_text(), re.MULTILINE)
        counted = {
            source: str(sum(flow.name.startswith(names) for flow in SHAPES.values()))
            for source, names in SOURCES.items()
        }
        assert dict(rows) == counted
        assert sum(map(int, counted.values())) == len(SHAPES)

    def test_the_share_that_is_unknown_is_the_one_of_the_public_shapes(self) -> None:
        results = Counter(audited.result for audited in audit(read(SHAPES)))
        unknown, entries = results[AuditResult.UNKNOWN], results.total() - results[AuditResult.NO_AGENT]
        page = " ".join((DOCS / "flow-audit.md").read_text().split())
        assert f"audit {len(SHAPES)} flows and modules" in page
        said = f"{entries} of their entries reach an agent, and {unknown} of these is `UNKNOWN`: "
        assert f"{said}{unknown / entries:.0%}".replace("%", " %") in page


class TestReferences:
    @each_page
    def test_every_link_leads_somewhere(self, page: Path) -> None:
        for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
            if re.match(r"https?://", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors_of(target), link

    @each_page
    def test_every_file_that_a_page_names_is_there(self, page: Path) -> None:
        roots = ("dags", "docs", "include", "plugins", "tests")
        named = [
            word for word in words_of(text_of(page)) if word.partition("/")[0] in roots and "<" not in word
        ]
        assert [word for word in named if not (ROOT / word).exists()] == []

    @each_page
    def test_every_target_that_a_page_names_is_in_the_makefile(self, page: Path) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        named = re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE)
        assert set(named) <= targets

    def test_every_section_that_the_code_cites_is_there(self) -> None:
        cited = {found for path in CODE for found in citations(path)}
        assert cited
        for path, section in sorted(cited):
            assert section in parts_of(ROOT / path), f"{path}, {section}"

    def test_every_anchor_that_the_code_cites_is_there(self) -> None:
        texts = [path.read_text() for path in [*CODE, *TEMPLATES]]
        cited = {found for text in texts for found in re.findall(r"(docs/[\w-]+\.md)#([\w-]+)", text)}
        assert cited
        for path, anchor in sorted(cited):
            assert anchor in anchors_of(ROOT / path), f"{path}#{anchor}"

    @each_page
    def test_no_heading_of_a_page_stands_twice(self, page: Path) -> None:
        headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
        parts = [heading for heading in headings if page.name != "CHANGELOG.md"]  # each version has "Added"
        assert [heading for heading, count in Counter(parts).items() if count > 1] == []

    @each_page
    def test_every_row_of_a_table_has_a_cell_for_each_head(self, page: Path) -> None:
        for table in re.findall(r"(?:^\|.*\n)+", text_of(page), re.MULTILINE):
            assert len({row.count(" | ") for row in table.splitlines() if "---" not in row}) == 1, table

    @each_page
    def test_every_test_that_a_page_names_is_there(self, page: Path) -> None:
        tests = "\n".join(path.name + path.read_text() for path in (ROOT / "tests").rglob("*.py"))
        named = re.findall(r"`(test_\w+)", page.read_text())
        assert [name for name in named if name not in tests] == []

    def test_nothing_that_runs_sends_people_to_the_readme(self) -> None:
        sends = [
            path.name for path in [*CODE, *TEMPLATES] if re.search(r"(the|do:) README", path.read_text())
        ]
        assert sends == []

    @pytest.mark.parametrize(
        "room",
        [
            "contacts",
            "flow_audit",
            "runs",
            "configuration",
            "flow_log",
            "population",
            "evidence",
            "use_cases",
        ],
    )
    def test_the_table_of_a_room_names_each_of_its_modules(self, room: str) -> None:
        folder = ROOT / "include" / "audio_leakage" / room
        named = re.findall(r"^``(\w+)`` ", (folder / "__init__.py").read_text(), re.MULTILINE)
        assert sorted(named) == sorted(path.stem for path in folder.glob("[!_]*.py"))

    def test_the_architecture_page_names_every_package(self) -> None:
        folders = [
            path for root in ("include", "plugins") for path in (ROOT / root).iterdir() if path.is_dir()
        ]
        packages = {f"{path.parent.name}/{path.name}/" for path in folders if (path / "__init__.py").exists()}
        rows = {words_of(cells[0])[0] for cells in rows_of(parts_of(DOCS / "architecture.md")["The rooms"])}
        assert rows == packages | {"dags/"}


def citations(path: Path) -> list[tuple[str, str]]:
    """Return page and section of each citation in a file, wherever its lines break."""
    text = re.sub(r"\s+(#:? )?", " ", path.read_text())
    return re.findall(r'((?:docs/)?[\w-]+\.md), "([^"]+)"', text)


@each_page
@pytest.mark.parametrize("words", ["so many", "whoever", "of which", ";"])
def test_a_page_does_without_words_that_nobody_says(page: Path, words: str) -> None:
    assert words not in re.sub(r"`[^`]+`", "", text_of(page)).lower()
