"""Choices of the simulated lab: what is true in it, and how fast its time passes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QWidget

from labapp.simulate.scenario import list_scenarios, load_scenario
from labapp.translate import tr
from labapp.ui.look import Look
from labapp.ui.parts import label, named
from labapp.ui.theme import GRID
from labapp.workflow.spoken import spoken

SPEEDS = (1.0, 4.0, 10.0)


class SimulatorPanel(QWidget):
    """Scenario and speed of simulated devices."""

    speed_changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        named(self, "simulator", tr("Simulated lab"))
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.scenario = QComboBox()
        for name in list_scenarios():
            self.scenario.addItem(name.replace("_", " ").capitalize(), name)
        named(self.scenario, "scenario", tr("Scenario"), tr("What is true in the simulated lab"))
        self.scenario.setCurrentIndex(max(0, self.scenario.findData("demo")))
        self.scenario.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.scenario.setMinimumContentsLength(12)
        self.speed = QComboBox()
        for speed in SPEEDS:
            self._add_speed(speed)
        named(self.speed, "speed", tr("Speed"), tr("Lab seconds per second of simulated devices"))
        self.speed.currentIndexChanged.connect(self.speed_changed)
        for words, field in ((tr("Scenario"), self.scenario), (tr("Speed"), self.speed)):
            head = label(words, "soft")
            head.setBuddy(field)
            head.setMinimumHeight(look.px(32))
            form.addRow(head, field)
        self.truth = label("", "faint", name="scenario_truth", wrap=True)
        form.addRow(self.truth)
        self.scenario.currentIndexChanged.connect(self._show_truth)
        self._show_truth()

    def choose(self, scenario: str, speed: float) -> None:
        """Choose a scenario (name or path of a file) and a speed, on the lists or not."""
        load_scenario(scenario)
        if self.scenario.findData(scenario) < 0:
            self.scenario.addItem(Path(scenario).stem.replace("_", " ").capitalize(), scenario)
        self.scenario.setCurrentIndex(self.scenario.findData(scenario))
        self.choose_speed(speed)

    def choose_speed(self, speed: float) -> None:
        """Choose a speed, on the list or not."""
        if self.speed.findData(speed) < 0:
            self._add_speed(speed)
        self.speed.setCurrentIndex(self.speed.findData(speed))

    def chosen_scenario(self) -> str:
        """Name or path of the scenario."""
        return str(self.scenario.currentData())

    def chosen_speed(self) -> float:
        """Lab seconds per second."""
        return float(self.speed.currentData())

    def _add_speed(self, speed: float) -> None:
        words = tr("real time") if speed == 1 else tr("{n} × real time", n=f"{speed:g}")
        self.speed.addItem(words, speed)

    def _show_truth(self) -> None:
        name = self.scenario.currentData()
        self.truth.setText(
            tr("Truth: {words}.", words=spoken(load_scenario(name).title)) if name else ""
        )
