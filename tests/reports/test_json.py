import json

import jsonschema
from hypothesis import given, settings

from assess.assessment import Assessment, schema
from assess.reporting import RenderOptions, Report
from assess_reports.json_report import json_report
from tests.reports import examples
from tests.reports.hostile import texts


def render(assessment: Assessment) -> str:
    return json_report.render(assessment, RenderOptions())


def test_is_a_report() -> None:
    assert isinstance(json_report, Report)
    assert (json_report.name, json_report.endings) == ("json", (".json",))


def test_it_is_the_assessment() -> None:
    shop = examples.shop()
    assert Assessment.model_validate_json(render(shop)) == shop
    assert json.loads(render(shop)) == json.loads(shop.model_dump_json())


def test_it_is_laid_out_for_people_and_diffs() -> None:
    written = render(examples.shop())
    assert written.startswith('{\n  "schema_version": 1,\n  "scoring_model_version": 1,\n')
    assert written.endswith("\n}\n")
    assert list(json.loads(written)) == list(Assessment.model_fields)


def test_it_validates_against_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    for assessment in (examples.shop(), examples.blind(), examples.clean()):
        validator.validate(json.loads(render(assessment)))


def test_the_order_of_mappings_does_not_change_the_bytes() -> None:
    shop = examples.shop()
    scope = shop.scope.model_copy(update={"filters": {"service": ("a",), "cluster": ("b",)}})
    turned = scope.model_copy(update={"filters": {"cluster": ("b",), "service": ("a",)}})
    one = shop.model_copy(update={"scope": scope})
    other = shop.model_copy(update={"scope": turned, "rules": dict(reversed(list(shop.rules.items())))})
    assert render(one) == render(other)


@settings(max_examples=30, deadline=None)
@given(texts)
def test_hostile_text_is_escaped_and_kept(text: str) -> None:
    hostile = examples.rewritten(examples.shop(), lambda given: given + text)
    written = render(hostile)
    assert written.isascii()
    assert written.replace("\n", "").isprintable()
    assert Assessment.model_validate_json(written) == hostile
