"""The names that the faces use."""

import importlib

from labapp import workflow


def test_every_name_is_there_however_often_it_is_asked_for():
    for _ in range(2):
        for name in workflow.__all__:
            assert callable(getattr(workflow, name)), name


def test_no_module_hides_a_function():
    for name, place in workflow._PLACES.items():
        assert name != place
        assert getattr(importlib.import_module(f"labapp.workflow.{place}"), name) is getattr(
            workflow, name
        )


def test_unknown_names_are_errors():
    assert not hasattr(workflow, "nothing_of_that_name")
