"""The annotated CRF of NCT04952155: complete, and its links lead somewhere, as another library reads it."""

from define.acrf.annotations import published
from define.acrf.fonts import packaged_font
from define.acrf.forms import load_forms
from define.acrf.mapped import Mapped
from trialkit.dataflow import Leaf, flows, raw_leaves

# What a person who knows the study expects, field by field.
EXPECTED = {
    ("SUBJ", "SEX"): ["DM.SEX"],
    ("SUBJ", "ICDAT"): ["DM.RFICDTC (earliest)", "DSSTDTC WHEN DSDECOD = INFORMED CONSENT OBTAINED"],
    ("AEFORM", "AETERM"): ["AETERM"],
    ("AEFORM", "AESEV"): ["AESEV, AETOXGR"],
    ("AEFORM", "AEENDAT"): ["AEENDTC", "SUPPAE.QVAL WHEN QNAM = AEENDCOL"],
    ("VSFORM", "TEMP"): ["VSORRES WHEN VSTESTCD = TEMP"],
    ("VSFORM", "BP"): ["VSORRES WHEN VSTESTCD IN (SYSBP, DIABP)"],
    ("ALSFRS", "Q1"): ["QSORRES WHEN QSTESTCD = ALSF101"],
    ("MRC", "ELFL_L"): ["MKORRES WHEN MKTESTCD = MMTFLX and MKLOC = ELBOW JOINT and MKLAT = LEFT"],
    ("MHFORM", "DXDAT"): ["MHSTDTC WHEN MHEVDTYP = DIAGNOSIS"],
    ("DSFORM", "TRACDAT"): ["PRSTDTC WHEN PRTRT = TRACHEOSTOMY"],
    ("DOSE", "DOSE"): ["ECDOSE", "EXDOSE"],
    ("LABHOSP", "ITEM"): ["LBTESTCD", "MBTESTCD"],
    ("BIOMK", "DILUT"): ["SUPPLB.QVAL WHEN QNAM = LBDILUT"],
    ("SUBJ", "INIT"): ["[NOT SUBMITTED]"],
    ("AEFORM", "AEONGO"): ["Used for: AEENRTPT, AEENTPT"],
}


def fields_of(acrf):
    return {
        (form.source, one.column): [box.text for box in one.boxes]
        for form in acrf.forms
        for _, fields in form.sections
        for one in fields
    }


def test_fields_have_the_annotations_that_a_person_expects(nct):
    fields = fields_of(nct[2])
    assert {key: texts for key, texts in EXPECTED.items() if not set(texts) <= set(fields[key])} == {}


def test_every_raw_column_is_on_its_form_and_annotated(nct):
    _, headers, acrf, _ = nct
    fields = fields_of(acrf)
    assert set(fields) == {(source, column) for source, columns in headers.items() for column in columns}
    assert [key for key, texts in fields.items() if not any(texts)] == []


def test_every_variable_that_is_content_of_a_field_is_annotated_there(nct, notes):
    study, headers, acrf, reader = nct
    on_page = {(number, text) for number, text, _, _ in notes(reader)}
    mapped, checked = Mapped(study, headers), 0
    for name, spec in study.datasets.items():
        for variable in () if spec.working else published(spec):
            leaves = {one.leaf for path in mapped.dataset(name) for one in path[variable].traces}
            for leaf in leaves:
                number, destination = acrf.places[(leaf.table, leaf.column)]
                assert number in acrf.pages_of(name, variable)
                assert destination in acrf.destinations_of(name, variable)
                shown = (
                    f"SUPP{name}.QVAL WHEN QNAM = {variable}" if variable in spec.supplemental else variable
                )
                generic = f"--{variable[2:]}"
                assert any(page == number and (shown in text or generic in text) for page, text in on_page)
                checked += 1
    assert checked > 250


def test_nothing_is_annotated_that_does_not_flow_there(nct):
    study, headers, acrf, _ = nct
    made = flows(study, headers)
    wrong = [
        spot
        for spot in acrf.spots
        if Leaf(spot.source, spot.column)
        not in raw_leaves(made[spot.annotation.dataset].variables[spot.annotation.variable], made)
    ]
    assert wrong == []


def test_value_level_pages(nct):
    acrf = nct[2]
    assert acrf.destinations_of("VS", "VSORRES", {"VSTESTCD": "DIABP"}) == ["VSFORM.BP"]
    assert acrf.destinations_of("QS", "QSORRES", {"QSTESTCD": "ALSQ140"}) == ["ALSAQ.A40"]
    assert acrf.destinations_of("SUPPDM", "ENRNO") == acrf.destinations_of("DM", "ENRNO") == ["SUBJ.ENRNO"]
    assert acrf.pages_of("VS", "VSDY") == []
    assert acrf.destination_of("AEFORM") == "AEFORM"


def test_destinations_lead_to_their_fields(nct):
    _, _, acrf, reader = nct
    named = reader.named_destinations
    assert set(acrf.destinations.values()) <= set(named)
    for page, name in acrf.places.values():
        assert reader.get_destination_page_number(named[name]) + 1 == page


def test_bookmarks_lead_to_forms_by_visit_and_dataset(nct):
    study, headers, acrf, reader = nct
    groups = {}
    outline = reader.outline
    for entry, inner in zip(outline, [*outline[1:], None], strict=True):
        if not isinstance(entry, list) and isinstance(inner, list):
            groups[entry.title] = inner
    assert set(groups) == {"Forms", "Visits", "Datasets"}
    first = {form.title: acrf.places[(form.source, "")][0] for form in acrf.forms}
    flat = groups["Forms"]
    assert [one.title for one in flat] == [form.title for form in acrf.forms]
    assert all(reader.get_destination_page_number(one) + 1 == first[one.title] for one in flat)
    visits = [one.title for one in groups["Visits"] if not isinstance(one, list)]
    assert visits == [*load_forms(study, headers).all_visits(), "At any time"]
    for inner in (one for one in groups["Visits"] if isinstance(one, list)):
        assert all(reader.get_destination_page_number(one) + 1 == first[one.title] for one in inner)


def test_text_can_be_searched_and_fonts_are_embedded(nct):
    _, _, acrf, reader = nct
    page = reader.pages[acrf.places[("AEFORM", "")][0] - 1]
    text = page.extract_text()
    assert "Adverse events" in text
    assert f"Page {acrf.places[('AEFORM', '')][0]} of {acrf.pages}" in text
    if packaged_font():
        assert "不良事件名称" in text
    for font in page["/Resources"]["/Font"].values():
        assert "/FontFile2" in font.get_object()["/FontDescriptor"]


def test_annotations_have_an_appearance_and_do_not_overlap(nct, notes):
    reader = nct[3]
    by_page = {}
    for number, text, area, one in notes(reader):
        assert one["/AP"]["/N"].get_object()["/Subtype"] == "/Form", text
        by_page.setdefault(number, []).append(area)
    for areas in by_page.values():
        for left, bottom, right, top in areas:
            assert 30 <= left < right <= 565
            assert 40 <= bottom < top <= 815
        for number, one in enumerate(areas):
            for other in areas[number + 1 :]:
                apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                assert apart
