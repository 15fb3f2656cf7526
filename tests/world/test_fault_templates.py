"""Composite adversaries: each template becomes its records, and all of them take effect in one run."""

import pytest

import scenarios
from tests.world.fault_cases import QUICK, SIGNED, Case, tried
from twin.errors import ScenarioError
from twin.world.fault_templates import TEMPLATES

HASTY = ("designs.standard.retry={kind: fixed, attempts: 2, base: 1s}",)
DOWN = ("{name: down, kind: E1, target: erp, trigger: {at: 1m}, duration: 8m}",)
WHERE = {
    "swizzle": ("middleware", None, Case()),
    "lost_ack_then_crash": ("middleware/erp", "middleware", Case()),
    "brownout_then_backlog": ("erp", "storefront", Case()),
    "overrun_at_cut_off": ("erp", "edi", Case(("horizon=1d",), scenario="edi_trouble")),
    "redelivery_after_redrive": ("middleware", "storefront", Case(HASTY, DOWN)),
    "offline_and_flash_sale": ("wms/east", "storefront", Case()),
    "quota_cut_in_catch_up": ("marketplace_a", "marketplace_a", Case()),
    "clock_step_over_expiry": ("middleware", "middleware/erp", Case(SIGNED)),
    "drift_with_two_versions": ("storefront", "middleware", Case()),
    "restore_then_resume": ("middleware", "storefront", Case()),
    "permanent_loss": ("middleware/wms", None, Case()),
}


def written(name: str, *, more: str = "") -> str:
    target, other, case = WHERE[name]
    goes = "" if other is None else f", with: {other}"
    length = "6h" if case.scenario == "edi_trouble" else "20m"
    return f"{{name: both, template: {name}, target: {target}{goes}, trigger: {{at: 10m}}, duration: {length}{more}}}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_part_of_a_template_takes_effect(name):
    _, _, case = WHERE[name]
    world, _ = tried(case, written(name))
    assert world.faults.vain() == []
    assert len({armed.fault.kind for armed in world.faults.armed if armed.fault.name.startswith("both")}) == len(
        TEMPLATES[name].parts
    )


@pytest.mark.parametrize("partner", ["erp", "wms", "storefront", "marketplace_a", "marketplace_b"])
def test_a_partner_that_is_gone_for_good_is_gone(partner):
    gone = f"{{name: gone, template: permanent_loss, target: middleware/{partner}, trigger: {{at: 10m}}}}"
    world, _ = tried(Case(), gone)
    (armed,) = world.faults.armed
    assert armed.on
    assert armed.effects > 0
    assert world.invariants.counts == {}


def test_parts_follow_the_first_as_the_template_says_and_take_other_parameters():
    more = ", set: {N2: {probability: 1%}, P1: {restart: 5m}}"
    scenario = scenarios.load("first_day", [*QUICK, f"faults=[{written('lost_ack_then_crash', more=more)}]"])
    lost, crash = scenario.faults
    assert (lost.name, lost.probability, lost.duration) == ("both", 0.01, 1_200_000_000)
    assert (crash.name, crash.trigger.after, crash.trigger.gap) == ("both_P1", "both", 600_000_000)
    assert crash.restart == 300_000_000


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("{name: x, template: nobody, target: erp, trigger: {at: 0s}}", "no such template 'nobody'; there are swizzle"),
        (
            "{name: x, template: lost_ack_then_crash, target: middleware/erp, trigger: {at: 0s}}",
            "needs 'with', a second target (middleware)",
        ),
        (
            "{name: x, template: swizzle, target: middleware, kind: N9, trigger: {at: 0s}}",
            "a template has no 'kind'",
        ),
        (
            "{name: x, template: swizzle, target: middleware, trigger: {at: 0s}, set: {N8: {}}}",
            "set names parameters by the kinds of the template: N9",
        ),
    ],
)
def test_what_a_template_cannot_mean_is_one_clear_line(fault, told):
    with pytest.raises(ScenarioError) as caught:
        scenarios.load("first_day", [f"faults=[{fault}]"])
    assert told in str(caught.value)
