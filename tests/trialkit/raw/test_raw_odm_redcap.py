"""ODM-XML and REDCap: records of one form, with keys, labels and codes as their metadata say."""

import pytest

from trialkit.problems import Problems
from trialkit.raw.read import read
from trialkit.raw.source import OdmSource, RedcapSource

META = """<Study OID="S1"><MetaDataVersion OID="M1" Name="m">
<FormDef OID="F.VS" Name="VS" Repeating="No"><ItemGroupRef ItemGroupOID="IG.VS" Mandatory="Yes"/></FormDef>
<FormDef OID="F.AE" Name="AE" Repeating="No"><ItemGroupRef ItemGroupOID="IG.AE" Mandatory="Yes"/></FormDef>
<ItemGroupDef OID="IG.VS" Name="VS" Repeating="Yes"><ItemRef ItemOID="I.SYS" Mandatory="No"/>
<ItemRef ItemOID="I.DIA" Mandatory="No"/><ItemRef ItemOID="I.POS" Mandatory="No"/></ItemGroupDef>
<ItemGroupDef OID="IG.AE" Name="AE" Repeating="Yes"><ItemRef ItemOID="I.TERM" Mandatory="No"/></ItemGroupDef>
<ItemDef OID="I.SYS" Name="Systolic" DataType="integer"><Question>
  <TranslatedText>Systolic
  pressure</TranslatedText></Question></ItemDef>
<ItemDef OID="I.DIA" Name="Diastolic" DataType="integer"/>
</MetaDataVersion></Study>
"""
DATA = """<ClinicalData StudyOID="S1" MetaDataVersionOID="M1">
<SubjectData SubjectKey="001" TransactionType="Insert"><SiteRef LocationOID="L.01"/>
<StudyEventData StudyEventOID="SE.1" StudyEventRepeatKey="2">
<FormData FormOID="F.VS" FormRepeatKey="1">
<ItemGroupData ItemGroupOID="IG.VS" ItemGroupRepeatKey="1">
<ItemData ItemOID="I.SYS" Value="120"><MeasurementUnitRef MeasurementUnitOID="MU.MMHG"/></ItemData>
<ItemData ItemOID="I.POS" Value="a &amp; &lt;b&gt;"/>
</ItemGroupData>
<ItemGroupData ItemGroupOID="IG.VS" ItemGroupRepeatKey="2">
<ItemDataInteger ItemOID="I.SYS">130</ItemDataInteger>
<ItemData ItemOID="I.DIA" IsNull="Yes"/>
<ItemDataString ItemOID="I.NEW">x</ItemDataString>
</ItemGroupData>
</FormData></StudyEventData></SubjectData>
<SubjectData SubjectKey="002"><StudyEventData StudyEventOID="SE.1"><FormData FormOID="F.VS">
<ItemGroupData ItemGroupOID="IG.VS">
<ItemData ItemOID="I.SYS" Value="110" TransactionType="Update"/></ItemGroupData>
</FormData></StudyEventData></SubjectData>
</ClinicalData>
"""


def load_odm(folder, data=META + DATA, form="F.VS", group="IG.VS", transactions="keep"):
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3">\n{data}</ODM>\n'
    (folder / "odm.xml").write_text(text, "utf-8")
    problems = Problems()
    source = OdmSource(format="odm", file="odm.xml", form=form, item_group=group, transactions=transactions)
    return read(source, "VS", folder, problems), problems.items, text.split("\n")


def columns(table):
    return {name: column.objects().tolist() for name, column in table.columns.items()}


def test_odm_records(tmp_path):
    table, problems, lines = load_odm(tmp_path)
    assert problems == []
    assert columns(table) == {
        "StudyOID": ["S1"] * 3,
        "SubjectKey": ["001", "001", "002"],
        "LocationOID": ["L.01", "L.01", ""],
        "StudyEventOID": ["SE.1"] * 3,
        "StudyEventRepeatKey": ["2", "2", ""],
        "FormOID": ["F.VS"] * 3,
        "FormRepeatKey": ["1", "1", ""],
        "ItemGroupOID": ["IG.VS"] * 3,
        "ItemGroupRepeatKey": ["1", "2", ""],
        "TransactionType": ["Insert", "Insert", "Update"],
        "I.SYS": ["120", "130", "110"],
        "I.DIA": ["", "", ""],
        "I.POS": ["a & <b>", "", ""],
        "I.SYS.MeasurementUnitOID": ["MU.MMHG", "", ""],
        "I.NEW": ["", "x", ""],
    }
    assert table.labels == {"I.SYS": "Systolic pressure", "I.DIA": "Diastolic"}
    assert all(lines[line - 1].startswith('<ItemGroupData ItemGroupOID="IG.VS"') for line in table.lines)


def test_odm_form_without_data_has_its_columns(tmp_path):
    table, problems, _ = load_odm(tmp_path, form="F.AE", group="IG.AE")
    assert (table.rows, list(table.columns)[-1], problems) == (0, "I.TERM", [])


def test_odm_transactions_are_refused_unless_kept(tmp_path):
    _, problems, _ = load_odm(tmp_path, transactions="error")
    assert [problem.what for problem in problems] == ["transaction Update in item group IG.VS"]


def test_odm_of_many_subjects_keeps_true_lines(tmp_path):
    subject = (
        '<SubjectData SubjectKey="{}"><StudyEventData StudyEventOID="E"><FormData FormOID="F.VS">\n'
        '<ItemGroupData ItemGroupOID="IG.VS"><ItemData ItemOID="I.SYS" Value="{}"/></ItemGroupData>\n'
        "</FormData></StudyEventData></SubjectData>\n"
    )
    many = "".join(subject.format(n, n) for n in range(30000))
    table, _, _ = load_odm(
        tmp_path, f'<ClinicalData StudyOID="S" MetaDataVersionOID="M">\n{many}</ClinicalData>'
    )
    assert table.lines[[0, -1]].tolist() == [5, 5 + 3 * 29999]
    assert columns(table)["I.SYS"][-1] == "29999"


DICTIONARY = (
    '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",'
    '"Choices, Calculations, OR Slider Labels"\n'
    "record_id,demo,,text,Record,\n"
    'sex,demo,,radio,"<b>Sex</b> at birth","1, Male | 2, Female, as collected"\n'
    'race,demo,,checkbox,Race,"1, Asian | -9, Not said | A1, Other"\n'
    "consent,demo,,yesno,Consent,\n"
    "weight,vitals,,text,Weight (kg),\n"
)
EXPORT = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,race___1,race____9,"
    "race___a1,consent,weight,demo_complete\n"
    "001,baseline_arm_1,,,1,1,0,0,1,,2\n"
    '001,baseline_arm_1,vitals,1,,,,,,"70,5",\n'
    "002,baseline_arm_1,,,2,0,1,0,0,ND,0\n"
)


def load_redcap(folder, export=EXPORT, dictionary=DICTIONARY, **spec):
    (folder / "data.csv").write_text(export, "utf-8")
    (folder / "dict.csv").write_text(dictionary, "utf-8")
    problems = Problems()
    source = RedcapSource(**{"format": "redcap", "file": "data.csv", "dictionary": "dict.csv"} | spec)
    return read(source, "DEMO", folder, problems), problems.items


def test_redcap_labels(tmp_path):
    table, problems = load_redcap(tmp_path, missing=["ND"])
    assert problems == []
    got = columns(table)
    assert got["record_id"] == ["001", "001", "002"]
    assert got["redcap_repeat_instance"] == ["", "1", ""]
    assert got["sex"] == ["Male", "", "Female, as collected"]
    assert (got["race___1"], got["consent"]) == (["1", "", "0"], ["Yes", "", "No"])
    assert (got["demo_complete"], got["weight"]) == (["Complete", "", "Incomplete"], ["", "70,5", ""])
    assert table.labels["sex"] == "Sex at birth"
    assert [table.labels[f"race___{code}"] for code in ("1", "_9", "a1")] == [
        "Race: Asian",
        "Race: Not said",
        "Race: Other",
    ]
    assert (table.lines.tolist(), list(table.companions)) == ([2, 3, 4], ["dict.csv"])


def test_redcap_codes(tmp_path):
    table, problems = load_redcap(tmp_path, choices="codes")
    assert (columns(table)["sex"], columns(table)["demo_complete"]) == (["1", "", "2"], ["2", "", "0"])
    assert problems == []


def test_redcap_dictionary_of_the_api(tmp_path):
    dictionary = (
        "field_name,form_name,section_header,field_type,field_label,select_choices_or_calculations\n"
        'record_id,demo,,text,Record,\nsex,demo,,dropdown,Sex,"1, Male | 2, Female"\n'
    )
    table, _ = load_redcap(tmp_path, "record_id;sex\n1;2\n", dictionary, delimiter="semicolon")
    assert columns(table) == {"record_id": ["1"], "sex": ["Female"]}


@pytest.mark.parametrize("ragged", ["error", "quarantine"])
def test_redcap_rows_follow_the_policies(tmp_path, ragged):
    table, problems = load_redcap(tmp_path, EXPORT + "003\n", ragged=ragged)
    assert [line for line, _ in table.quarantined] == [5]
    assert problems[0].level == ("error" if ragged == "error" else "query")


@pytest.mark.parametrize(
    ("choices", "code", "what"),
    [
        ("1, Male | 1, Female", "RAW-072", "two choices have one code"),
        ("1, | 2, F", "RAW-072", "a choice has no label"),
        (
            "1, Other | 2, Other",
            "RAW-072",
            "two choices have one label, so their codes could not be told apart",
        ),
        ('1, F"\nsex,demo,,text,Sex,"', "RAW-073", "a line above has the field sex"),
    ],
)
def test_redcap_choices_never_merge(tmp_path, choices, code, what):
    dictionary = DICTIONARY.replace("1, Male | 2, Female, as collected", choices)
    _, problems = load_redcap(tmp_path, dictionary=dictionary)
    assert (problems[0].kind.code, problems[0].what) == (code, what)


def test_redcap_labels_need_not_differ_where_codes_are_kept(tmp_path):
    dictionary = DICTIONARY.replace("1, Male | 2, Female, as collected", "1, Other | 2, Other")
    assert load_redcap(tmp_path, dictionary=dictionary, choices="codes")[1] == []


def changed_odm(folder, old, new, transactions="error"):
    data = DATA.replace(' TransactionType="Update"', "")
    assert old in data
    return load_odm(folder, META + data.replace(old, new, 1), transactions=transactions)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ('Value="110"', 'Value="110" TransactionType="Upsert"', "Upsert"),
        (
            'IG.VS" ItemGroupRepeatKey="2"',
            'IG.VS" ItemGroupRepeatKey="2" TransactionType="Context"',
            "Context",
        ),
        ('ItemOID="I.NEW"', 'ItemOID="I.NEW" TransactionType="Remove"', "Remove"),
        (
            '002"><StudyEventData StudyEventOID="SE.1">',
            '002" TransactionType="Remove"><StudyEventData StudyEventOID="SE.1" TransactionType="Insert">',
            "Remove",
        ),
    ],
)
def test_odm_transactions_at_every_level_are_seen(tmp_path, old, new, kind):
    _, problems, _ = changed_odm(tmp_path, old, new)
    assert [problem.what for problem in problems] == [f"transaction {kind} in item group IG.VS"]


def test_odm_texts_are_whole_and_vendors_items_are_none(tmp_path):
    item = '<ItemDataString ItemOID="I.NEW">x</ItemDataString>'
    table, problems, _ = changed_odm(
        tmp_path,
        item,
        '<ItemDataString ItemOID="I.NEW">x<!-- typed -->y</ItemDataString>'
        '<v:ItemData xmlns:v="urn:vendor" ItemOID="I.POS" Value="vendor"/>',
    )
    assert problems == []
    assert (columns(table)["I.NEW"][1], columns(table)["I.POS"][1]) == ("xy", "")


def test_odm_item_without_a_name_is_refused(tmp_path):
    table, problems, _ = changed_odm(tmp_path, ' ItemOID="I.POS"', "")
    assert [problem.kind.code for problem in problems] == ["RAW-065"]
    assert "" not in table.columns


@pytest.mark.parametrize("encoding", ["gb2312", "no-such-encoding"])
def test_odm_of_an_encoding_that_is_not_read_is_refused(tmp_path, encoding):
    root = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>'
    (tmp_path / "odm.xml").write_text(f'<?xml version="1.0" encoding="{encoding}"?>{root}', "ascii")
    problems = Problems()
    source = OdmSource(format="odm", file="odm.xml", form="F.VS", item_group="IG.VS")
    assert read(source, "VS", tmp_path, problems) is None
    assert [problem.kind.code for problem in problems.items] == ["RAW-007"]
