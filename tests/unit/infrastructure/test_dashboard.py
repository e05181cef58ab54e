"""The dashboard of the monitoring stack: it shows each metric that we publish, and no other."""

import ast
import json
from typing import Any

from cfnlint.decode import decode

from conftest import ROOT

TEMPLATE = ROOT / "include" / "infrastructure" / "monitoring.yaml"
CODE = [path for folder in ("include", "plugins") for path in (ROOT / folder).rglob("*.py")]


def dashboard() -> dict[str, Any]:
    template, mistakes = decode(str(TEMPLATE))
    assert not mistakes
    assert isinstance(template, dict)
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    read: dict[str, Any] = json.loads(body)
    return read


def published() -> set[str]:
    """Return the names of the metrics that the code publishes for a contact table."""
    calls = [
        node
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and "publish_metrics" in ast.unparse(node.func)
    ]
    return {word.arg for call in calls for word in call.keywords if word.arg and word.arg[0].isupper()}


def test_the_dashboard_shows_each_metric_that_is_published_and_no_other() -> None:
    shown = {
        metric[1]
        for widget in dashboard()["widgets"]
        for metric in widget["properties"].get("metrics", ())
        if len(metric) > 1
    }
    assert shown == published()
    assert 'MetricName=\\"Closed\\"' in json.dumps(dashboard())


def test_the_dashboard_shows_every_alarm_that_always_exists() -> None:
    template, _ = decode(str(TEMPLATE))
    assert isinstance(template, dict)
    alarms = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Condition" not in resource
    }
    (shown,) = [each for each in dashboard()["widgets"] if each["type"] == "alarm"]
    root = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
    assert set(shown["properties"]["alarms"]) == {f"{root}${{{name}}}" for name in alarms}


def test_no_widget_lies_over_another() -> None:
    places = [
        (x, y)
        for each in dashboard()["widgets"]
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
