"""`why` on rules that combine, merge and multiply: at least ten cells of each, made again from raw."""

import csv
from collections import defaultdict
from datetime import date, timedelta

import pytest

from trialkit.own import standard_of
from trialkit.result import Options
from trialkit.run import run
from trialkit.why import open_explainer

STUDY = """
study: WHY
created: 2024-01-31T00:00:00
sources:
  DOSE: {format: csv, file: dose.csv}
  FORM: {format: csv, file: form.csv, missing: [ND]}
  OTHER: {format: csv, file: other.csv}
  VISIT: {format: csv, file: visit.csv}
"""

# Sums, means and counts over a table; of records at hand; over two tables, one of them by another key.
SUMS = """
dataset: SUMS
working: true
records:
  - read: VISIT
  - let:
      FIRST: {sum: {table: DOSE, of: {number: MG}, on: {SUBJ: SUBJ}}}
      SAME: {maximum: {of: {number: DAYNO}, within: SUBJ}}
  - one_per: SUBJ
variables:
  SUBJ: SUBJ
  FIRST: {copy: FIRST, type: Num}
  TOTAL: {sum: {table: DOSE, of: {number: MG}, on: SUBJ, where: "MG != '0'"}, type: Num}
  AVERAGE: {mean: {table: DOSE, of: {number: MG}, on: SUBJ}, type: Num}
  TIMES: {count: {table: DOSE, on: SUBJ, where: "MG != '0'"}, type: Num}
  KINDS: {count: {table: DOSE, of: MG, on: SUBJ}, distinct: true, type: Num}
  ANY: {exists: {table: DOSE, on: SUBJ, where: "MG == '0'"}, no: N}
  LEAST: {minimum: {table: DOSE, of: {number: MG}, on: SUBJ}, type: Num}
  MOST:
    maximum: [{table: DOSE, of: {number: MG}, on: SUBJ}, {table: FORM, of: {number: B}, on: SUBJ}]
    type: Num
  SAME: {copy: SAME, type: Num}
  BOTH:
    sum: [{table: DOSE, of: {number: MG}, on: SUBJ}, {table: FORM, of: {number: A}, on: SUBJ}]
    type: Num
  LAST: {last: MG, table: DOSE, on: SUBJ, order: DAY}
  CHOSEN:
    case: [{when: TOTAL > 60, then: {sum: {table: FORM, of: {number: A}, on: SUBJ}}}]
    else: {number: "'0'"}
    type: Num
keys: [SUBJ]
"""

# Two forms, one of them through two stacks; items, a total of each form, and a second one over all.
SCORES = """
dataset: SCORES
working: true
records:
  - stack:
      - - read: FORM
        - let: {B: {first_of: [B, "'0'"]}, VALUE: "'form'"}
        - let: {B: {case: [{when: "B == '9'", then: {copy: A}}], else: {copy: B}}}
        - gather: {IA: A, IB: B, IC: C, IA2: A}
          key: ITEM
          into: RESULT
        - total: RESULT
          by: [SUBJ, VISIT]
          where: ITEM != 'IA2'
          set: {ITEM: SUM, VALUE: "'total'"}
      - - stack:
            - - read: OTHER
              - let: {ITEM: "'OX'", RESULT: X, VALUE: "'left'"}
            - - read: OTHER
              - let: {ITEM: "'OY'", RESULT: Y, VALUE: "'right'"}
        - let: {VALUE: {concat: [VALUE, "'!'"]}}
  - repeat: VISIT == '2'
    set: {VALUE: again}
  - total: {rule: null}
variables:
  SUBJ: SUBJ
  VISIT: VISIT
  ITEM: ITEM
  RESULT: {number: RESULT, type: Num}
  VALUE: VALUE
  B: {record: B}
  SUMOF: {sum: {of: RESULT, within: [SUBJ, ITEM]}, type: Num}
  BEST: {maximum: {of: RESULT, within: [SUBJ, VISIT], where: ITEM != 'SUM'}, type: Num}
  MEANOF: {mean: {of: RESULT, within: [SUBJ, VISIT]}, type: Num}
  BEFORE: {previous: RESULT, within: [SUBJ, ITEM, VALUE], order: VISIT, type: Num}
keys: [SUBJ, VISIT, ITEM, VALUE]
"""
SCORES = SCORES.replace(
    "  - total: {rule: null}\n",
    """  - total: RESULT
    by: SUBJ
    where: ITEM in ['OX', 'OY'] and VALUE != 'again'
    at_least: 2
    set: {ITEM: ALL}
""",
)

# Columns that stand twice: a let, a let of the same name, and a variable of that name; joined twice.
NAMES = """
dataset: NAMES
working: true
records:
  - read: VISIT
  - let: {X: {lookup: MG, table: DOSE, on: SUBJ, pick: first}}
  - let: {X: {concat: [X, {lookup: MG, table: DOSE, on: SUBJ, pick: last}], separator: "-"}}
  - join: SUMS
    on: SUBJ
    take: {T1: TOTAL}
  - join: SUMS
    on: SUBJ
    take: {T2: TIMES}
  - one_per: SUBJ
variables:
  SUBJ: SUBJ
  X: {concat: [X, {lookup: DAY, table: DOSE, on: SUBJ, pick: last}], separator: "-"}
  T1: T1
  T2: T2
keys: [SUBJ]
"""

# Intervals of equal doses; what was not done at all; unscheduled visits between planned ones.
SPANS = """
dataset: SPANS
working: true
records:
  - read: DOSE
  - let: {TILL: DAY}
  - collapse: MG
    by: SUBJ
    start: DAY
    end: TILL
    gap: 7
variables: {SUBJ: SUBJ, MG: MG, START: DAY, END: TILL}
keys: [SUBJ, START]
"""
UNDONE = """
dataset: UNDONE
working: true
records:
  - read: OTHER
  - gather: {OX: X, OY: Y}
    key: ITEM
    into: RESULT
    blank: keep
  - not_done: RESULT == ''
    by: [SUBJ, VISIT]
    set: {ITEM: NONE, STATUS: NOT DONE}
variables: {SUBJ: SUBJ, VISIT: VISIT, ITEM: ITEM, RESULT: RESULT, STATUS: STATUS}
keys: [SUBJ, VISIT, ITEM]
"""
VISITS = """
dataset: VISITS
working: true
records:
  - read: VISIT
  - keep: KIND == 'U'
    reason: planned
variables:
  SUBJ: SUBJ
  DAY: DAY
  NUMBER: {unscheduled_visit: DAY, after: PLANNED, subject: SUBJ, "on": DAY, number: NO, type: Num}
keys: [SUBJ, DAY]
"""
PLANNED = """
dataset: PLANNED
working: true
records:
  - read: VISIT
  - keep: KIND == 'P'
    reason: unscheduled
variables: {SUBJ: SUBJ, DAY: DAY, NO: {number: DAYNO, type: Num}}
keys: [SUBJ, DAY]
"""
SPECS = [SUMS, SCORES, NAMES, SPANS, UNDONE, VISITS, PLANNED]

ENOUGH = 10


def day(number):
    return (date(2024, 1, 1) + timedelta(number)).isoformat()


def raw_files():
    """Twelve subjects, in an order that is not that of the files."""
    dose, form, other, visit = (
        ["SUBJ,DAY,MG"],
        ["SUBJ,VISIT,A,B,C"],
        ["SUBJ,VISIT,X,Y"],
        ["SUBJ,DAY,KIND,DAYNO"],
    )
    for step in range(12):
        one = f"S{(step * 5) % 12:02}"
        doses = enumerate((0, 20, 20, 40, 10)[(step + number) % 5] for number in range(2 + step % 4))
        dose += [f"{one},{day(7 * number)},{milligrams}" for number, milligrams in doses]
        for number in (1, 2):
            form.append(f"{one},{number},{step % 4},{('', '9', 'ND', '2')[(step + number) % 4]},{number}")
            other.append(f"{one},{number},{step + number},{'' if step % 3 else number}")
            other.append(f"{one},{number + 2},,")
            visit.append(f"{one},{day(30 * number)},P,{number}")
            visit.append(f"{one},{day(30 * number + 3)},U,9{number}")
    return {"dose": dose, "form": form, "other": other, "visit": visit}


class Asked:
    def __init__(self, folder):
        specs, raw, out = (folder / name for name in ("specs", "raw", "out"))
        (specs / "sdtm").mkdir(parents=True)
        raw.mkdir()
        (specs / "study.yaml").write_text(STUDY)
        for number, text in enumerate(SPECS):
            (specs / "sdtm" / f"d{number}.yaml").write_text(text)
        for name, lines in raw_files().items():
            (raw / f"{name}.csv").write_text("\n".join(lines) + "\n")
        result = run(Options(specs, raw, out), standard_of("sdtm", "3.4"))
        assert [one.line() for one in result.problems.errors()] == []
        self.explainer, self.result = open_explainer(out, specs, raw), result
        self.rows = {}
        for path in raw.glob("*.csv"):
            with path.open(newline="") as file:
                self.rows[path.name] = dict(enumerate(csv.DictReader(file), 2))

    def every(self, dataset, variable):
        """Give every record as a mapping, and its answer, whose cells are held against the files."""
        made = next(one for one in self.result.built if one.name == dataset).records
        columns = {name: column.objects().tolist() for name, column in made.columns.items()}
        for record in range(made.count):
            answer = self.explainer.why(dataset, record, variable)
            for one in answer.cells():
                assert not one.column or self.rows[one.file][one.line][one.column] == one.value
            yield {name: values[record] for name, values in columns.items()}, answer

    def lines(self, file, **keys):
        return {
            line: row
            for line, row in self.rows[file].items()
            if all(row[name] == text for name, text in keys.items())
        }


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    return Asked(tmp_path_factory.mktemp("rules"))


def lines_of(answer, column, file):
    return sorted(one.line for one in answer.cells() if (one.column, one.file) == (column, file))


@pytest.mark.parametrize(
    ("variable", "made"),
    [
        ("FIRST", sum),
        ("TOTAL", sum),
        ("AVERAGE", lambda doses: sum(doses) / len(doses)),
        ("LEAST", min),
        ("TIMES", lambda doses: sum(1 for one in doses if one)),
    ],
)
def test_rows_that_were_combined(asked, variable, made):
    seen = 0
    for row, answer in asked.every("SUMS", variable):
        rows = asked.lines("dose.csv", SUBJ=row["SUBJ"])
        assert row[variable] == pytest.approx(made([float(one["MG"]) for one in rows.values()]))
        if variable in ("TOTAL", "TIMES"):
            rows = {line: one for line, one in rows.items() if one["MG"] != "0"}
            assert answer.notes == (f"{len(rows)} rows of DOSE",)
        named = lines_of(answer, "MG", "dose.csv")
        if variable == "LEAST":
            assert [float(rows[line]["MG"]) for line in named] == [row[variable]]
        else:
            assert named == sorted(rows)
        seen += 1
    assert seen >= ENOUGH


def test_different_values_are_counted_once(asked):
    for row, answer in asked.every("SUMS", "KINDS"):
        doses = [one["MG"] for one in asked.lines("dose.csv", SUBJ=row["SUBJ"]).values()]
        named = [one.value for one in answer.cells() if one.column == "MG"]
        assert sorted(named) == sorted(set(doses))
        assert row["KINDS"] == len(named)


def test_what_exists_names_its_first_row(asked):
    for row, answer in asked.every("SUMS", "ANY"):
        zero = list(asked.lines("dose.csv", SUBJ=row["SUBJ"], MG="0"))
        assert row["ANY"] == ("Y" if zero else "N")
        assert lines_of(answer, "MG", "dose.csv") == zero[:1]
        assert answer.notes == (() if zero else ("no row of DOSE",))


def test_several_tables(asked):
    for row, answer in asked.every("SUMS", "MOST"):
        doses = [float(one["MG"]) for one in asked.lines("dose.csv", SUBJ=row["SUBJ"]).values()]
        cells = [float(one.value) for one in answer.cells() if one.column in ("MG", "B")]
        assert cells == [row["MOST"]] == [max(doses)] or cells == [row["MOST"]] == [9.0]
    for row, answer in asked.every("SUMS", "BOTH"):
        cells = [float(one.value) for one in answer.cells() if one.column in ("MG", "A")]
        assert sum(cells) == row["BOTH"]
        assert lines_of(answer, "A", "form.csv") == sorted(asked.lines("form.csv", SUBJ=row["SUBJ"]))


def test_last_row(asked):
    for row, answer in asked.every("SUMS", "LAST"):
        last = max(asked.lines("dose.csv", SUBJ=row["SUBJ"]))
        assert lines_of(answer, "MG", "dose.csv") == [last]
        assert answer.value == asked.rows["dose.csv"][last]["MG"]


def test_sums_in_the_case_that_applies(asked):
    chosen = [(row, answer) for row, answer in asked.every("SUMS", "CHOSEN") if row["TOTAL"] > 60]
    assert chosen
    for row, answer in chosen:
        lines = sorted(asked.lines("form.csv", SUBJ=row["SUBJ"]))
        assert lines_of(answer, "A", "form.csv") == lines
        assert row["CHOSEN"] == sum(float(asked.rows["form.csv"][line]["A"]) for line in lines)


def counted(asked, row):
    """The items of a form that the total adds, as the spec has it."""
    ((_, form),) = asked.lines("form.csv", SUBJ=row["SUBJ"], VISIT=row["VISIT"]).items()
    second = {"": "0", "ND": "0", "9": form["A"]}.get(form["B"], form["B"])
    return [float(form["A"]), float(second), float(form["C"])]


def test_totals_name_their_members(asked):
    seen = 0
    for row, answer in asked.every("SCORES", "RESULT"):
        if row["ITEM"] == "SUM":
            (total,) = {one.notes for one in answer.every() if one.role == "total"}
            assert total == ("3 values",)
            assert row["RESULT"] == sum(counted(asked, row))
            ((line, form),) = asked.lines("form.csv", SUBJ=row["SUBJ"], VISIT=row["VISIT"]).items()
            assert {(one.file, one.line) for one in answer.cells()} == {("form.csv", line)}
            columns = {one.column for one in answer.cells()}
            assert {"A", "C"} <= columns <= {"A", "B", "C"}
            assert ("B" in columns) == (form["B"] not in ("", "ND"))
            seen += 1
    assert seen >= ENOUGH


def test_totals_over_branches_of_stacks(asked):
    seen = 0
    for row, answer in asked.every("SCORES", "RESULT"):
        if row["ITEM"] == "ALL":
            rows = asked.lines("other.csv", SUBJ=row["SUBJ"])
            values = [(line, name, one[name]) for line, one in rows.items() for name in "XY" if one[name]]
            named = [(one.line, one.column, one.value) for one in answer.cells() if one.column in ("X", "Y")]
            assert sorted(named) == sorted(values)
            assert row["RESULT"] == sum(float(text) for _, _, text in values)
            seen += 1
    assert seen >= ENOUGH


def test_stacks_in_stacks_know_their_branch(asked):
    seen = 0
    for row, answer in asked.every("SCORES", "RESULT"):
        if row["ITEM"] in ("OX", "OY"):
            assert [one.column for one in answer.cells()] == [row["ITEM"][1]]
            seen += 1
    assert seen >= ENOUGH


def test_items_of_one_raw_column_are_told_apart(asked):
    for row, answer in asked.every("SCORES", "ITEM"):
        if row["ITEM"].startswith("IA"):
            item = next(one for one in answer.every() if one.role == "item")
            assert (item.value, [one.column for one in answer.cells()]) == (row["ITEM"], ["A"])


def test_repeated_records_say_so(asked):
    found = defaultdict(int)
    for row, answer in asked.every("SCORES", "VALUE"):
        notes = {note for one in answer.every() for note in one.notes}
        assert ("on records that the step adds" in notes) == (row["VALUE"] in ("again", "total"))
        found[row["VALUE"]] += 1
        if row["VALUE"].endswith("!"):
            texts = [one.rule for one in answer.every()]
            assert f"'{row['VALUE'][:-1]}'." in texts
    assert min(found["again"], found["total"], found["left!"]) >= ENOUGH


def test_columns_of_one_name_do_not_share_their_rows(asked):
    for row, answer in asked.every("NAMES", "X"):
        lines = sorted(asked.lines("dose.csv", SUBJ=row["SUBJ"]))
        rows = asked.rows["dose.csv"]
        assert answer.value == "-".join([rows[lines[0]]["MG"], rows[lines[-1]]["MG"], rows[lines[-1]]["DAY"]])
        inner, outer = (
            [one for one in answer.every() if one.what == "X" and "pick" not in one.rule][i] for i in (1, 0)
        )
        assert lines_of(inner, "MG", "dose.csv") == [lines[0]]
        assert lines_of(outer, "MG", "dose.csv") == [lines[0], lines[-1]]
        assert lines_of(answer, "DAY", "dose.csv") == [lines[-1]]


def test_a_table_that_is_joined_twice(asked):
    for variable, what in (("T1", "SUMS.TOTAL"), ("T2", "SUMS.TIMES")):
        for row, answer in asked.every("NAMES", variable):
            joined = next(one for one in answer.origins if one.what == what)
            assert joined.value == answer.value
            assert (
                asked.explainer.value(asked.explainer.builds[0], "SUMS", joined.record - 1, "SUBJ")
                == row["SUBJ"]
            )


def test_one_record_of_many_shows_the_first(asked):
    for row, answer in asked.every("SUMS", "SUBJ"):
        first = min(asked.lines("visit.csv", SUBJ=row["SUBJ"]))
        assert lines_of(answer, "SUBJ", "visit.csv") == [first]
    for row, answer in asked.every("SUMS", "SAME"):
        highest = max(
            asked.lines("visit.csv", SUBJ=row["SUBJ"]).items(), key=lambda one: float(one[1]["DAYNO"])
        )
        assert (lines_of(answer, "DAYNO", "visit.csv"), row["SAME"]) == (
            [highest[0]],
            float(highest[1]["DAYNO"]),
        )


def test_intervals_show_their_first_row_and_their_last(asked):
    for variable, column, at in (("MG", "MG", "START"), ("START", "DAY", "START"), ("END", "DAY", "END")):
        seen = 0
        for row, answer in asked.every("SPANS", variable):
            (line,) = asked.lines("dose.csv", SUBJ=row["SUBJ"], DAY=row[at])
            assert lines_of(answer, column, "dose.csv") == [line]
            seen += row["START"] < row["END"]
        assert seen >= ENOUGH - 4


def test_what_was_not_done(asked):
    seen = 0
    for row, answer in asked.every("UNDONE", "STATUS"):
        blank = [line for line, one in asked.lines("other.csv", SUBJ=row["SUBJ"], VISIT=row["VISIT"]).items()]
        notes = {note for one in answer.every() for note in one.notes}
        assert ("on records that the step adds" in notes) == (row["STATUS"] == "NOT DONE")
        if row["STATUS"]:
            assert [one.line for one in asked.explainer.rows("UNDONE", answer.record - 1)] == blank
            seen += 1
    assert seen >= ENOUGH
    for row, answer in asked.every("UNDONE", "RESULT"):
        assert [one.value for one in answer.cells()] == [row["RESULT"]]


def test_records_at_hand_that_were_combined(asked):
    made = next(one for one in asked.result.built if one.name == "SCORES").records
    values = {name: made.columns[name].objects().tolist() for name in ("SUBJ", "VISIT", "ITEM", "RESULT")}
    records = list(zip(*values.values(), strict=True))
    for variable, keys, change in (
        ("SUMOF", (0, 2), sum),
        ("MEANOF", (0, 1), lambda found: sum(found) / len(found)),
    ):
        for (row, answer), own in zip(asked.every("SCORES", variable), records, strict=True):
            group = [
                number
                for number, one in enumerate(records)
                if all(one[key] == own[key] != "" for key in keys) and one[3] == one[3]
            ]
            deciding = {one.record - 1 for one in answer.origins if one.what == "SCORES.RESULT"}
            assert deciding == set(group)
            if group:
                assert row[variable] == pytest.approx(change([records[number][3] for number in group]))


def test_the_best_record_at_hand(asked):
    for row, answer in asked.every("SCORES", "BEST"):
        found = [one for one in answer.origins if one.what == "SCORES.RESULT"]
        assert [float(one.value) for one in found] == ([row["BEST"]] if row["BEST"] == row["BEST"] else [])


def test_the_record_before(asked):
    seen = 0
    for row, answer in asked.every("SCORES", "BEFORE"):
        before = [
            one for one in answer.origins if one.role == "deciding record" and one.what == "SCORES.RESULT"
        ]
        assert [float(one.value) for one in before if one.value] == (
            [row["BEFORE"]] if row["BEFORE"] == row["BEFORE"] else []
        )
        seen += bool(before)
    assert seen >= ENOUGH


def test_unscheduled_visits_name_the_planned_one(asked):
    seen = 0
    for row, answer in asked.every("VISITS", "NUMBER"):
        planned = [
            one
            for one in asked.lines("visit.csv", SUBJ=row["SUBJ"], KIND="P").items()
            if one[1]["DAY"] <= row["DAY"]
        ]
        line, last = max(planned, key=lambda one: one[1]["DAY"])
        assert line in lines_of(answer, "DAYNO", "visit.csv")
        assert row["NUMBER"] == pytest.approx(float(last["DAYNO"]) + 0.01)
        seen += 1
    assert seen >= ENOUGH
