"""A layout that puts widgets side by side and goes on in the next line when one is full."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Left to right, then down; what is lower than its line stands in the middle of it."""

    def __init__(self, spacing: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._space = spacing
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Take another item."""
        self._items.append(item)

    def count(self) -> int:
        """How many items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Item at a place, None past the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove an item."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def spacing(self) -> int:
        """Gap between items, and between lines."""
        return self._space

    def setSpacing(self, spacing: int) -> None:
        """Set the gap between items, and between lines."""
        self._space = spacing
        self.invalidate()

    def expandingDirections(self) -> Qt.Orientation:
        """Ask for no more room than needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """More lines in a narrow place."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all lines at a width."""
        edges = self.contentsMargins()
        inner = QRect(0, 0, width, 0).marginsRemoved(edges)
        return self._place(inner, move=False) + edges.top() + edges.bottom()

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        self._place(rect.marginsRemoved(self.contentsMargins()), move=True)

    def sizeHint(self) -> QSize:
        """All items in one line."""
        hints = [item.sizeHint() for item in self._visible()]
        width = sum(hint.width() for hint in hints) + self._space * max(0, len(hints) - 1)
        height = max((hint.height() for hint in hints), default=0)
        return QSize(width, height).grownBy(self.contentsMargins())

    def minimumSize(self) -> QSize:
        """Return the largest single item."""
        size = QSize()
        for item in self._visible():
            size = size.expandedTo(item.minimumSize())
        return size.grownBy(self.contentsMargins())

    def _visible(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _place(self, rect: QRect, *, move: bool) -> int:
        """Place the items inside the margins, or only return how high they are at this width."""
        x, y, line = rect.x(), rect.y(), 0
        row: list[tuple[QLayoutItem, QRect]] = []
        for item in self._visible():
            hint = item.sizeHint()
            width = min(hint.width(), rect.width())
            height = hint.height()
            if item.hasHeightForWidth() and width < hint.width():
                height = item.heightForWidth(width)
            if x > rect.x() and x + width > rect.x() + rect.width():
                self._settle(row, line, move=move)
                x, y, line = rect.x(), y + line + self._space, 0
            row.append((item, QRect(QPoint(x, y), QSize(width, height))))
            x += width + self._space
            line = max(line, height)
        self._settle(row, line, move=move)
        return y + line - rect.y()

    @staticmethod
    def _settle(row: list[tuple[QLayoutItem, QRect]], height: int, *, move: bool) -> None:
        """Give the items of a line that is full their places."""
        for item, place in row if move else ():
            item.setGeometry(place.translated(0, (height - place.height()) // 2))
        row.clear()
