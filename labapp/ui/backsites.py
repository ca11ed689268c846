"""Where electrodes lie on a back: sites, their landmark rules, and outlines to draw them on.

Seen from behind, so the person's right is the viewer's right. Units are those of a box 300 wide
and 260 high with the spine at x = 150; only the right side is stated, the left is its mirror.
Rules: SENIAM for the trapezius; for the rhomboid the window that the trapezius leaves uncovered
(SENIAM has no rhomboid site).
"""

from __future__ import annotations

from dataclasses import dataclass

from labapp.translate import phrase

WIDTH, HEIGHT = 300.0, 260.0

Point = tuple[float, float]

C7: Point = (150.0, 58.0)
T3: Point = (150.0, 88.0)
T8: Point = (150.0, 150.0)
ACROMION: Point = (240.0, 74.0)
TRIGONUM: Point = (188.0, 92.0)
INFERIOR_ANGLE: Point = (203.0, 160.0)

LANDMARKS: tuple[tuple[str, Point], ...] = (
    ("C7", (C7[0] - 14, C7[1])), ("T3", T3), ("T8", (T8[0] - 14, T8[1])),
)  # fmt: skip
"""Names of vertebrae, and the middle of where each is written: beside the spine, or on it."""
SPINE: tuple[tuple[Point, Point], ...] = ((C7, (150, 81)), ((150, 96), (150, 248)))
"""The spine is interrupted where T3 is written: electrodes lie close on both sides of it."""

BODY: tuple[Point, ...] = (
    (150, 8), (168, 10), (172, 36), (186, 50), (232, 62), (262, 80), (272, 130), (276, 196),
    (258, 200), (246, 132), (238, 150), (230, 200), (226, 252), (150, 256),
)  # fmt: skip
SCAPULA: tuple[Point, ...] = (
    (192, 72), TRIGONUM, INFERIOR_ANGLE, (222, 118), (232, 92), (214, 74),
)  # fmt: skip
SPINE_OF_SCAPULA: tuple[Point, Point] = (TRIGONUM, ACROMION)


@dataclass(frozen=True)
class Site:
    """One electrode site: where its pair lies, how it points, and the rule in words.

    ``patch`` outlines the muscle; ``below`` asks for a label under the pair, not beside it.
    """

    muscle: str
    at: Point
    towards: Point
    rule: str
    patch: tuple[Point, ...] = ()
    below: bool = False


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


SITES: tuple[Site, ...] = (
    Site(
        "UT",
        _between(C7, ACROMION, 0.5),
        ACROMION,
        phrase("Half way from C7 to the acromion, along that line."),
        ((150, 30), (168, 40), (182, 54), ACROMION, TRIGONUM, (150, 70)),
    ),
    Site(
        "MT",
        (169, 90),
        ACROMION,
        phrase(
            "Half way from the medial border of the scapula to the spine, level with T3, on "
            "the line "
            "from T5 to the acromion."
        ),
        ((150, 70), TRIGONUM, ACROMION, (190, 98), (150, 108)),
    ),
    Site(
        "LT",
        _between(TRIGONUM, T8, 2 / 3),
        TRIGONUM,
        phrase(
            "Two thirds of the way from the root of the spine of the scapula to T8, along that "
            "line."
        ),
        ((150, 108), TRIGONUM, (150, 205)),
        below=True,
    ),
    Site(
        "RM",
        (189, 134),
        (210, 155),
        phrase(
            "1 cm inward of the medial border, 3 to 5 cm above the inferior angle, obliquely "
            "down and "
            "out, 10 mm between the electrodes: the window that the trapezius leaves "
            "uncovered. Find "
            "it with the hand behind the back."
        ),
        ((150, 80), (186, 108), (200, 158), (150, 122)),
    ),
    Site(
        "IS",
        (213, 112),
        (236, 96),
        phrase(
            "4 cm below the middle of the spine of the scapula, over the fossa, along its edge."
        ),
    ),
    Site(
        "PD",
        (256, 96),
        (262, 120),
        phrase("Two finger-breadths behind the angle of the acromion, towards the elbow."),
    ),
    Site(
        "LD",
        (212, 186),
        (232, 160),
        phrase("4 cm below the inferior angle, half way to the side of the trunk, obliquely."),
    ),
    Site(
        "SA",
        (236, 168),
        (228, 186),
        phrase("Side of the trunk below the armpit, in front of latissimus."),
    ),
    Site(
        "ES", (164, 216), (164, 190), phrase("Two finger-breadths beside the spine, level with L1.")
    ),
)


def mirrored(point: Point) -> Point:
    """Return the same place on the left side."""
    return WIDTH - point[0], point[1]


def place(code: str) -> tuple[Site, Point, Point] | None:
    """Site, place and direction of a montage code (``"RM_R"``); None for what is not drawn."""
    muscle, _, side = code.partition("_")
    for site in SITES:
        if site.muscle == muscle and side in ("R", "L"):
            if side == "R":
                return site, site.at, site.towards
            return site, mirrored(site.at), mirrored(site.towards)
    return None
