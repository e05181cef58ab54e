"""The tables of Athena, read by DuckDB: the template's own SQL, and every query of the docs."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from cfnlint.decode import decode

from audio_leakage.contacts.states import FailureCause, RecordedState
from audio_leakage.evidence.files import uncompressed
from audio_leakage.evidence.form import request_of
from audio_leakage.use_cases.acknowledging import AcknowledgementContext, acknowledge
from conftest import ROOT
from support.day import Cast, DailyWorld
from support.fakes import INSTANCE_ID, at, number

duckdb = pytest.importorskip("duckdb", reason="this environment is older than requirements-dev.lock")

TEMPLATE = ROOT / "include" / "infrastructure" / "queries.yaml"
PAGE = (ROOT / "docs" / "queries.md").read_text()
QUERIES = dict(re.findall(r"^### ([^\n]*\?)\n\n```sql\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))
DAY = date(2023, 8, 29)
#: The second leg of the first call. It is MISSING, and the first leg is recorded.
SECOND_LEG = number(80)
#: What Trino has and DuckDB calls otherwise.
MACROS = (
    "CREATE MACRO json_extract_scalar(document, path) AS json_extract_string(document, path)",
    "CREATE MACRO json_format(document) AS CAST(document AS VARCHAR)",
)
Rows = list[dict[str, Any]]


def tables() -> dict[str, dict[str, Any]]:
    """Return the tables of the template by name, in an order in which each finds those that it reads."""
    template, mistakes = decode(str(TEMPLATE))
    assert not mistakes
    assert isinstance(template, dict)
    resources = [each["Properties"] for each in template["Resources"].values()]
    return {each["TableInput"]["Name"]: each["TableInput"] for each in resources if "TableInput" in each}


def view_of(table: dict[str, Any]) -> dict[str, Any]:
    """Return what the catalog keeps of a view, as Athena reads it."""
    text, parts = table["ViewOriginalText"]["Fn::Sub"]
    assert text == "/* Presto View: ${View} */"
    view: dict[str, Any] = json.loads(parts["View"]["Fn::Base64"]["Fn::Sub"])
    return view


VIEWS = {name: view_of(table) for name, table in tables().items() if table["TableType"] == "VIRTUAL_VIEW"}


def lines_of(world: DailyWorld) -> Iterator[tuple[str, str, str | None, str, str]]:
    """Yield table, instance, day, path and line of everything that lies in the bucket."""
    places = {
        "evidence_lines": r"day=([\d-]+)/",
        "acknowledgement_lines": r"acknowledgements/day=([\d-]+)/",
        "chain_lines": r"chain/()",
    }
    for key, stored in sorted(world.store.objects.items()):
        for table, folder in places.items():
            if found := re.match(folder, key):
                for line in uncompressed(key, stored).decode().splitlines():
                    yield table, INSTANCE_ID, found[1], f"s3://evidence/{key}", line


@dataclass
class Athena:
    """DuckDB with the tables and views of the template."""

    database: Any

    def ask(self, query: str) -> Rows:
        answer = self.database.sql(query)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def athena_of(world: DailyWorld) -> Athena:
    database = duckdb.connect()
    for macro in MACROS:
        database.sql(macro)
    for table in ("evidence_lines", "acknowledgement_lines", "chain_lines"):
        database.sql(f'CREATE TABLE {table} (instance VARCHAR, day VARCHAR, "$path" VARCHAR, line VARCHAR)')
        rows = [row for name, *row in lines_of(world) if name == table]
        database.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", rows)  # our names
    for name, view in VIEWS.items():
        database.sql(f"CREATE VIEW {name} AS {view['originalSql']}")
    return Athena(database)


@pytest.fixture(scope="module")
def world() -> DailyWorld:
    """Evidence of every class, twice: in the morning after, and when nothing is waited for any more."""
    world = DailyWorld()
    world.play(DAY)
    leg = Cast(world, SECOND_LEG, at("2023-08-29T16:00"))
    leg.counted(InitialContactId=number(0))
    leg.watched(RecordedState.CALL_RECORDED_FAILURE, failure_cause=FailureCause.NO_OBJECT)
    world.prove(DAY)
    world.monitor(at("2023-08-30T07:00"))
    world.play_later(DAY)
    world.prove(DAY, at("2023-09-07T06:40"))
    world.store.objects["day=2023-08-29/revision=003/contacts.jsonl.gz"] = world.store.objects[
        "day=2023-08-29/revision=001/contacts.jsonl.gz"
    ]  # a run that was killed before its link
    acknowledge(
        AcknowledgementContext(
            settings=world.settings,
            request=request_of(
                {"day": "2023-08-29", "class": "DELETED_SINCE", "cause": "DELETED_BY_LIFECYCLE"}, DAY
            ),
            now=at("2023-09-07T09:00"),
            contacts=world.ports.contacts,
            store=world.store,
            chain=world.run(DAY).chain,
            alert_topic=world.ports.topic,
            run_id="manual__1",
            user="an.auditor",
        )
    )
    return world


@pytest.fixture(scope="module")
def athena(world: DailyWorld) -> Athena:
    return athena_of(world)


def ids_of(world: DailyWorld, *classes: str) -> set[str]:
    """Return the contacts that are in one of some classes in truth."""
    truth = world.truth(DAY, 1) | {SECOND_LEG: "MISSING"}
    return {each for each, contact_class in truth.items() if contact_class in classes}


LOST = ("DELETED_SINCE", "NEVER_ASKED", "SWITCHED_OFF_AGAINST_POLICY", "MISSING")
BLIND = ("RECORDED_UNWATCHED", "NEVER_ASKED", "UNEXPLAINED")


def counted(rows: Rows, name: str) -> int:
    return sum(row[name] for row in rows)


#: What the answer to each question of the page must be, by the truth.
RIGHT: dict[str, Callable[[Rows, DailyWorld], bool]] = {
    "How many calls were recorded, day by day?": lambda rows, world: (
        [(row["day"], row["lost"], row["status"]) for row in rows]
        == [("2023-08-29", len(ids_of(world, *LOST)), "INCOMPLETE")]
    ),
    "Which calls were not recorded, and why?": lambda rows, world: (
        {row["contact_id"] for row in rows} == ids_of(world, *LOST)
    ),
    "Was this call recorded?": lambda rows, _: (
        [(row["contact_id"], row["class"], row["size"]) for row in rows]
        == [(number(0), "VERIFIED", 1_920_044), (SECOND_LEG, "MISSING", None)]
    ),
    "Which queues lose calls?": lambda rows, world: counted(rows, "lost") == len(ids_of(world, *LOST)),
    "Which kinds of call are lost, and why?": lambda rows, world: (
        counted(rows, "lost") == len(ids_of(world, *LOST)) and {row["class"] for row in rows} == set(LOST)
    ),
    "Which recordings were deleted or changed later?": lambda rows, world: (
        {row["contact_id"] for row in rows} == ids_of(world, "DELETED_SINCE", "CHANGED_SINCE")
    ),
    "Which calls did no flow tell us of?": lambda rows, world: (
        counted(rows, "contacts") == len(ids_of(world, *BLIND))
    ),
    "Which calls were recorded against the policy?": lambda rows, world: (
        {(row["policy_rule"], row["contact_id"]) for row in rows}
        == {("payments", each) for each in ids_of(world, "RECORDED_AGAINST_POLICY")}
    ),
    "Which calls were recorded in parts only?": lambda rows, _: (
        [(row["call_id"], json.loads(row["legs"])) for row in rows] == [(number(0), [number(0), SECOND_LEG])]
    ),
    "What did you say at first, and what later?": lambda rows, world: (
        counted(rows, "contacts") == len(dict(world.truth(DAY, 0).items() ^ world.truth(DAY, 1).items()))
    ),
    "Which exceptions has nobody acknowledged?": lambda rows, world: (
        not {row["contact_id"] for row in rows} & ids_of(world, "DELETED_SINCE")
        and ids_of(world, "MISSING", "NEVER_ASKED") <= {row["contact_id"] for row in rows}
    ),
    "Who acknowledged what?": lambda rows, world: (
        [(row["acknowledged_by"], row["cause"]) for row in rows] == [("an.auditor", "DELETED_BY_LIFECYCLE")]
        and {each["contact_id"] for each in json.loads(rows[0]["contacts"])} == ids_of(world, "DELETED_SINCE")
    ),
}


def test_the_page_asks_a_dozen_questions_and_each_is_run() -> None:
    assert len(QUERIES) == 12
    assert set(RIGHT) == set(QUERIES)


@pytest.mark.parametrize("question", QUERIES)
def test_duckdb_answers_a_question_as_the_truth_has_it(
    athena: Athena, world: DailyWorld, question: str
) -> None:
    answer = athena.ask(QUERIES[question])
    assert RIGHT[question](answer, world), answer


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_the_columns_that_its_catalog_names(athena: Athena, name: str) -> None:
    kinds = {"VARCHAR": "varchar", "BIGINT": "bigint"}
    answer = athena.database.sql(f"SELECT * FROM {name}")  # our names
    told = [{"name": each["name"], "type": each["type"]} for each in VIEWS[name]["columns"]]
    assert told == [
        {"name": column, "type": kinds[str(kind)]}
        for column, kind in zip(answer.columns, answer.types, strict=True)
    ]
    glue = {"varchar": "string", "bigint": "bigint"}
    assert tables()[name]["StorageDescriptor"]["Columns"] == [
        {"Name": each["name"], "Type": glue[each["type"]]} for each in told
    ]


def test_a_revision_without_a_link_is_in_no_table(athena: Athena) -> None:
    (row,) = athena.ask("SELECT max(revision) AS last FROM contacts")
    assert row["last"] == 2


def test_every_table_of_lines_is_projected_onto_the_folders_of_the_evidence() -> None:
    templates = {
        name: table["Parameters"]["storage.location.template"]["Fn::Sub"]
        for name, table in tables().items()
        if name not in VIEWS
    }
    root = "s3://${BucketName}/${Prefix}audio-leakage/v1/instance=${!instance}/"
    assert templates == {
        "evidence_lines": f"{root}day=${{!day}}/",
        "acknowledgement_lines": f"{root}acknowledgements/day=${{!day}}/",
        "chain_lines": f"{root}chain/",
    }
