"""Runs the rules of CDISC CORE in the environment that has its package, and writes CORE's own JSON report.

It is no part of the toolkit's own process: ``python driver.py REQUEST REPORT`` is run by the Python that
has ``cdisc-rules-engine`` 0.17. The request says where datasets, define.xml and CORE's cache are.
"""

import json
import multiprocessing
import os
import pickle
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

# the operation that compares with the dates of all published terminology, and how many make a list of it
DATES, FEWEST_PACKAGES = "valid_codelist_dates", 10
NO_LIST = "the cache has no list of all published terminology"
ISSUE, ERROR, SKIPPED = "issue reported", "execution error", "skipped"

_shared: dict[str, Any] = {}


def _cached(folder: Path, name: str) -> Any:
    """Read one file of CORE's cache, a folder that its user trusts as much as CORE itself."""
    with (folder / f"{name}.pkl").open("rb") as file:
        return pickle.load(file)  # noqa: S301


def _rules(request: dict[str, Any], cache: Path) -> tuple[list[Any], list[Any]]:
    """Give the rules to run, and those for which the cache lacks what they compare with."""
    book = _cached(cache, "rules")
    known = _cached(cache, "rules_dictionary").get(f"{request['standard']}/{request['version']}", [])
    rules = [book[name] for name in sorted(known)]
    few = len(list(cache.glob("sdtmct-*.pkl"))) < FEWEST_PACKAGES
    aside = [one for one in rules if few and _asks_for_dates(one)]
    return [one for one in rules if one not in aside], aside


def _asks_for_dates(rule: Any) -> bool:
    return any(one.get("operator") == DATES for one in rule.get("operations") or [])


def _terminology(request: dict[str, Any], cache: Path) -> tuple[dict[str, Any], list[str]]:
    """Give the terminology that define.xml names, else that of the request, and its packages."""
    there = {path.stem for path in cache.glob("*ct-*.pkl")}
    more, names = {}, list(request["terminology"])
    if request["define"]:
        from cdisc_rules_engine.services.define_xml.define_xml_reader_factory import DefineXMLReaderFactory

        reader = DefineXMLReaderFactory.from_filename(request["define"])
        more["extensible"] = reader.get_extensible_codelist_mappings()
        standards, merged, extensible, several = reader.get_ct_standards_metadata()
        named = (f"{one.publishing_set.lower()}ct-{one.version}" for one in standards if one.publishing_set)
        names = [name for name in named if name in there] or names
        if several:
            more = {"define_XML_merged_CT": merged, "extensible": extensible}
    missing = [name for name in names if name not in there]
    if missing:
        raise SystemExit(f"the cache has no terminology {', '.join(missing)}")
    return {**{name: _cached(cache, name) for name in names}, **more}, names


def _library(request: dict[str, Any], cache: Path, terms: dict[str, Any]) -> Any:
    from cdisc_rules_engine.models.library_metadata_container import LibraryMetadataContainer
    from cdisc_rules_engine.utilities import utils

    named = (request["library"], request["library_version"])
    details = _cached(cache, "standards_details")[utils.get_standard_details_cache_key(*named)]
    models, codelists = _cached(cache, "standards_models"), _cached(cache, "variable_codelist_maps")
    variables = _cached(cache, "variables_metadata")
    return LibraryMetadataContainer(
        standard_metadata=details,
        model_metadata=models.get(utils.get_model_details_cache_key_from_ig(details), {}),
        variable_codelist_map=codelists.get(utils.get_standard_codelist_cache_key(*named)),
        variables_metadata=variables.get(utils.get_library_variables_metadata_cache_key(*named, None)),
        ct_package_metadata=terms,
        published_ct_packages={path.stem for path in cache.glob("*ct-*.pkl")},
        cache_path=str(cache),
    )


def _memory() -> Any:
    """Give a cache that measures nothing: CORE's own weighs every object, slower than its rules."""
    from cdisc_rules_engine.services.cache import InMemoryCacheService

    made = InMemoryCacheService(max_size=1 << 60)
    made.cache, made.dataset_cache = {}, {}
    made.add = made.cache.__setitem__
    made.add_dataset = made.dataset_cache.__setitem__
    return made


def _engine(request: dict[str, Any], cache: Path) -> Any:
    from cdisc_rules_engine.rules_engine import RulesEngine

    terms, names = _terminology(request, cache)
    engine = RulesEngine(
        cache=_memory(),
        standard=request["standard"],
        standard_version=request["version"],
        library_metadata=_library(request, cache, terms),
        ct_packages=names,
        define_xml_path=request["define"] or None,
        dataset_paths=request["datasets"],
        max_dataset_size=max(os.path.getsize(path) for path in request["datasets"]),
        validate_xml=False,
    )
    for one in engine.data_service.get_datasets():
        engine.data_service.get_dataset(dataset_name=one.name)
    return engine


def _forget(engine: Any) -> None:
    """Leave only the datasets in memory, so that no rule sees what another one has made of them."""
    memory = engine.cache
    memory.cache.clear()
    memory.dataset_cache.clear()
    memory.dataset_cache.update(_shared["data"])


def _run(number: int) -> tuple[int, list[Any]]:
    engine, rule = _shared["engine"], _shared["rules"][number]
    _forget(engine)
    try:
        return number, [one for many in engine.validate_single_rule(rule).values() for one in many]
    except Exception as error:  # whatever the engine trips over: the rule was not checked
        said = {"error": type(error).__name__, "message": str(error), "dataset": ""}
        return number, [{"executionStatus": ERROR, "message": "rule could not be run", "errors": [said]}]


def _details(rule: Any, results: list[Any]) -> list[dict[str, Any]]:
    """Give the entries of the report for one rule, in the words of CORE's own report."""
    found = []
    for result in results:
        status, names = result.get("executionStatus"), list(map(str, result.get("variables") or []))
        for error in result.get("errors") or [] if status in (ISSUE, ERROR) else []:
            entry = {"core_id": rule["core_id"], "dataset": error.get("dataset") or result.get("dataset")}
            if status == ERROR:
                entry["message"] = f"{result.get('message')} - {error.get('error')}"
                found.append({**entry, "values": error.get("message"), "variables": "", "row": "", "SEQ": ""})
                continue
            values = error.get("value") or {}
            shown = [None if values.get(name) is None else str(values[name]) for name in names]
            place = {key: error.get(key, "") for key in ("USUBJID", "row", "SEQ")}
            message = result.get("message") or error.get("message")
            found.append({**entry, **place, "message": message, "variables": names, "values": shown})
    return found


def _status(results: list[Any]) -> str:
    seen = {one.get("executionStatus") for one in results}
    order = (ERROR, ISSUE, "success", SKIPPED)
    return next((one for one in order if one in seen), "success").upper()


def _origins(rule: Any) -> list[str]:
    """Name the collections of rules that a rule comes from."""
    standards = [one for authority in rule.get("authorities") or [] for one in authority["Standards"]]
    named = [one for one in standards if one.get("Name") == _shared["standard"]]
    references = [one for standard in named for one in standard.get("References") or []]
    return sorted({str(one.get("Origin")) for one in references if one.get("Origin")})


def _report(rules: list[Any], aside: list[Any], done: dict[int, list[Any]]) -> dict[str, Any]:
    lines = [(rule, _status(done[number])) for number, rule in enumerate(rules)]
    lines += [(rule, SKIPPED.upper()) for rule in aside]
    details = [entry for number, rule in enumerate(rules) for entry in _details(rule, done[number])]
    return {
        "Conformance_Details": {"CORE_Engine_Version": version("cdisc-rules-engine")},
        "Issue_Details": details,
        "Rules_Report": [
            {"core_id": rule["core_id"], "status": status, "origins": _origins(rule)}
            for rule, status in sorted(lines, key=lambda one: str(one[0]["core_id"]))
        ],
        "Not_Run": {str(rule["core_id"]): NO_LIST for rule in aside},
    }


def _all(workers: int) -> dict[int, list[Any]]:
    numbers = range(len(_shared["rules"]))
    if workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return dict(map(_run, numbers))
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        return dict(pool.imap_unordered(_run, numbers))


def _main(request_file: str, report_file: str) -> None:
    request, target = json.loads(Path(request_file).read_text(encoding="utf-8")), Path(report_file).resolve()
    # whatever the size of the datasets, they stay in pandas: the results of the two ways differ
    os.environ["DATASET_SIZE_THRESHOLD"] = str(1 << 60)
    import cdisc_rules_engine
    from cdisc_rules_engine.services import logger

    logger.disabled = True
    os.chdir(
        Path(str(cdisc_rules_engine.__file__)).parent.parent
    )  # the engine looks for resources/ from here
    cache = Path(request["cache"])
    rules, aside = _rules(request, cache)
    _shared.update(rules=rules, standard=request["standard"].upper(), data={})
    if rules:
        _shared["engine"] = _engine(request, cache)
        _shared["data"] = dict(_shared["engine"].cache.dataset_cache)
    report = _report(rules, aside, _all(int(request["workers"])))
    target.write_text(json.dumps(report, ensure_ascii=False, default=str), encoding="utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:])
