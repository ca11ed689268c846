"""The sessions on disk: open, analyse, report, check, recover; every one a job below Qt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from labapp.translate import tr
from labapp.ui.banner import Message
from labapp.ui.jobs import Progress
from labapp.ui.pages.library import LibraryPage
from labapp.ui.pages.result import ResultPage
from labapp.ui.window import Window
from labapp.workflow.naming import free_path


class Shelf(QObject):
    """Connects the pages Library and Result with the study folder.

    Signals: `shown` (path of the session whose result is in front), `report_written` (path).
    """

    shown = Signal(object)
    report_written = Signal(object)

    def __init__(self, window: Window, library: LibraryPage, result: ResultPage) -> None:
        super().__init__(window)
        self.window, self.library, self.result = window, library, result
        self._recounts = 0
        result.report_wanted.connect(self.report)
        result.traces_wanted.connect(self.traces)
        result.recount_wanted.connect(self.recount)
        result.problem.connect(window.show_error)
        library.refresh_wanted.connect(self.refresh)
        library.open_wanted.connect(self.open)
        library.check_wanted.connect(self.check)
        library.recover_wanted.connect(self.recover)

    def show(self, path: Path, document: dict[str, Any]) -> None:
        """Bring a result to the front."""
        self.result.set_document(document, path)
        self.window.go("result")
        self.shown.emit(path)

    def open(self, path: Path) -> None:
        """Open a session file; analyses it if it has not been."""

        def job(progress: Progress) -> tuple[Path, dict[str, Any]]:
            progress("opening", 0.05)
            from labapp.workflow.stored import result_of  # brings SciPy: not on the start-up path

            return path, result_of(path, progress)

        self.window.work(tr("Opening"), job, lambda result: self.show(*result))

    def traces(self) -> None:
        """Cut the pulls of the result in front out of its session."""
        path, document = self.result.path, self.result.document
        if path is None or document is None:
            return

        def job(progress: Progress) -> Any:
            from labapp.workflow.pull_traces import pull_traces

            return pull_traces(path, document, progress)

        self.window.work(
            tr("Reading the traces"), job, lambda traces: self.result.show_traces(path, traces)
        )

    def recount(self) -> None:
        """Analyse the session in front anew, with the repetitions that count now."""
        path, document = self.result.path, self.result.document
        if path is None or document is None:
            return
        self._recounts += 1
        number = self._recounts

        def job(progress: Progress) -> dict[str, Any]:
            from labapp.workflow.stored import up_to_date

            return up_to_date(document, path, progress)

        def done(fresh: dict[str, Any]) -> None:
            # Else more was rejected meanwhile, and a later one comes, or another result did.
            if number == self._recounts and self.result.document is document:
                self.result.show_again(fresh, path)

        self.window.work(tr("Analysing without what was rejected"), job, done)

    def report(self, kind: str) -> None:
        """Write the report beside the session."""
        path = self.result.path
        if path is None:
            return
        out = free_path(path.with_suffix(f".{kind}"))
        documents = [dict(self.result.document)] if self.result.document is not None else []

        def job(progress: Progress) -> Path:
            from labapp.workflow.files import make_report

            return make_report([path], out, documents=documents, progress=progress)

        self.window.work(tr("Writing the report"), job, self._reported)

    def _reported(self, out: Path) -> None:
        self.window.say(
            Message(
                tr("The report is saved as {name}", name=out.name),
                tr("It lies beside the session, in the folder {name}.", name=out.parent.name),
                "good",
                key="report",
                action=tr("Open"),
                act=lambda: self.window.open_file(out),
            )
        )
        self.report_written.emit(out)

    def refresh(self) -> None:
        """Read the study folder again."""
        study = self.window.study_folder
        from labapp.ui.sessions import scan

        self.window.jobs.start(
            lambda _: scan(study),
            lambda entries: self.library.set_entries(entries, study),
            shown=False,
        )

    def check(self, path: Path) -> None:
        """Verify a session and show what was found."""

        def done(findings: Any) -> None:
            self.library.show_findings(path.name, findings)

        def job(_: Progress) -> Any:
            from labapp.workflow.files import check

            return check(path)

        self.window.work(tr("Checking"), job, done)

    def recover(self, folder: Path) -> None:
        """Build the session of a recording that was cut short, and open it."""

        def done(paths: list[Path]) -> None:
            self.window.banners.dismiss("died")
            self.refresh()
            if paths:
                self.open(Path(paths[0]))

        def job(_: Progress) -> list[Path]:
            from labapp.workflow.recovery import recover

            return [Path(path) for path in recover(folder)]

        self.window.work(tr("Recovering"), job, done)
