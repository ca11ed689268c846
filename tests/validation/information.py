"""What any method at all could know of a lag: a lower bound on its scatter.

A promise of small bias *whatever the curve of the rise* and one of small scatter can exclude
each other. Take two descriptions of the same muscles, ``P`` and ``Q``, that differ in curve and
in lag but hardly in the signals that come of them. A method with a bias of at most ``b`` in both
has means that differ by ``D >= |lag_P - lag_Q| - 2 b``, and then

    (Var_P + Var_Q) / 2  >=  D^2 / 2 * (1 / Delta - 1 / 2),
    Delta = integral of (p - q)^2 / (p + q)    (0: the same signals, 2: never confused),

because ``D = integral of (T - c)(p - q)`` and Cauchy-Schwarz gives
``D^2 <= Delta * integral of (T - c)^2 (p + q)`` with ``c`` halfway between the means (Vincze and
Le Cam's divergence in the place that chi-square has in the bound of Hammersley, Chapman and
Robbins; unlike that it stays finite). No assumption about the method enters.

The signals are the noise generator's of the validation: Gaussian, band-limited, with the
covariance of every sample with every other, white noise on top, 1 kHz. The method is told
whatever helps it: when the fast muscle starts, which two descriptions come into question, the
spectra and the noise; in the first table rise and strength too. ``python
tests/validation/information.py`` prints the table of ``docs/explanation/onset.md`` (7 min).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from known_truth import RATE, SHAPES
from scipy.linalg import cholesky, solve_triangular, toeplitz

from labapp.analysis.filters import EMG_BAND_HZ
from labapp.simulate.muscle import butterworth
from labapp.simulate.rise import rise
from labapp.simulate.scenario import Rise

BIAS_MS = 7.0
FAST_MS, SLOW_MS = 25.0, 150.0
TOLD = (1.0,)
RISES = tuple(float(x) for x in np.exp(np.arange(-0.7, 0.75, 0.1)))
STRENGTHS = (0.8, 0.9, 1.0, 1.1, 1.25)
PULLS = 200
_SIGNAL_HZ = (35.0, 160.0)  # the noise generator's spectrum, second order on either side
_F = np.fft.rfftfreq(1 << 14, 1 / RATE)


@dataclass(frozen=True)
class Description:
    """One muscle: curve, onset and rise in ms, power of its plateau over that of the noise."""

    shape: Rise
    onset_ms: float
    rise_ms: float
    power: float


class Window:
    """Covariances of ``n`` samples, of which the ``before`` first come before the onset."""

    def __init__(self, n: int, before: int) -> None:
        spectrum = butterworth(_F, *_SIGNAL_HZ, 2) ** 2
        r = np.fft.irfft(spectrum)[:n]
        self.n = n
        self._muscle = toeplitz(r / r[0])
        self._t = (np.arange(n) - before) / RATE

    def covariance(self, m: Description) -> np.ndarray:
        """(n, n), the noise has unit variance."""
        u = (self._t - m.onset_ms / 1000) / (m.rise_ms / 1000)
        level = rise(m.shape, u) * np.sqrt(m.power)
        return np.asarray(self._muscle * np.outer(level, level) + np.eye(self.n))


FAST, SLOW = Window(120, 40), Window(340, 80)


def power(snr_db: float) -> float:
    """Plateau over noise where the active RMS is `snr_db` above the RMS of rest, in the band."""
    band, muscle = butterworth(_F, *EMG_BAND_HZ, 4) ** 2, butterworth(_F, *_SIGNAL_HZ, 2) ** 2
    rest, kept = band.mean(), (band * muscle).sum() / muscle.sum()
    return float((10 ** (snr_db / 10) - 1) * rest / kept)


def _root(covariance: np.ndarray) -> tuple[np.ndarray, float]:
    lower = cholesky(covariance, lower=True)
    return lower, float(np.log(np.diag(lower)).sum())


def log_overlap(p: np.ndarray, q: np.ndarray) -> float:
    """Log of the Bhattacharyya coefficient of two zero-mean Gaussians, 0 if they are the same."""
    return 0.5 * (_root(p)[1] + _root(q)[1]) - _root((p + q) / 2)[1]


def log_ratios(
    p: np.ndarray, q: np.ndarray, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """``log p/q`` of `n` signals drawn from ``p`` and of `n` drawn from ``q``."""
    (root_p, half_p), (root_q, half_q) = _root(p), _root(q)

    def of(x: np.ndarray) -> np.ndarray:
        a = np.square(solve_triangular(root_p, x, lower=True)).sum(axis=0)
        b = np.square(solve_triangular(root_q, x, lower=True)).sum(axis=0)
        return np.asarray(half_q - half_p - 0.5 * (a - b))

    draws = [root @ rng.standard_normal((len(p), n)) for root in (root_p, root_q)]
    return of(draws[0]), of(draws[1])


def divergence(under_p: np.ndarray, under_q: np.ndarray) -> float:
    """``Delta`` from log ratios: (p - q)/(p + q) is the hyperbolic tangent of half of one."""
    return float(np.square(np.tanh(np.r_[under_p, under_q] / 2)).mean() * 2)


def least_sd(apart: float, delta: float) -> float:
    """Least root mean square of the two SDs where the means are `apart` (same unit)."""
    return float(np.sqrt(max(apart, 0.0) ** 2 / 2 * max(1 / delta - 0.5, 0.0)))


def least_misses(under_p: np.ndarray, under_q: np.ndarray, rng: np.random.Generator) -> float:
    """Least share of misses, the mean of both, of one reading of `PULLS` independent pulls.

    For lags more than twice the allowed error apart: a reading is right in at most one of them,
    so that it is a test between the two, and no test errs less than ``(1 - |p - q|/2) / 2``.
    """
    sums = [rng.choice(x, (4000, PULLS)).sum(axis=1) for x in (under_p, under_q)]
    return float((1 - np.abs(np.tanh(np.r_[sums[0], sums[1]] / 2)).mean()) / 2)


@dataclass(frozen=True)
class Rival:
    """Another description of a muscle and how much it overlaps with the first (log)."""

    overlap: float
    muscle: Description


def rivals(
    window: Window,
    muscle: Description,
    shape: Rise,
    shifts_ms: Iterable[float],
    rises: tuple[float, ...],
    strengths: tuple[float, ...],
) -> Iterator[Rival]:
    """For each shift the muscle of that curve that is hardest to tell from `muscle`."""
    first = window.covariance(muscle)

    def best(others: Iterable[Description]) -> Rival:
        pairs = [Rival(log_overlap(first, window.covariance(m)), m) for m in others]
        return max(pairs, key=lambda rival: rival.overlap)

    for shift in shifts_ms:
        plain = [Description(shape, shift, muscle.rise_ms * k, muscle.power) for k in rises]
        found = best(plain)
        if len(strengths) > 1:
            kept = found.muscle.rise_ms
            found = best(Description(shape, shift, kept, muscle.power * g) for g in strengths)
        yield found


@dataclass(frozen=True)
class Bound:
    """The pair of descriptions that leaves most scatter, or most misses, and how much."""

    sd_ms: float
    misses: float
    curve: Rise
    rival: Description
    lag_ms: float


def bound(
    snr_db: float,
    told: bool,
    pairs: Iterable[tuple[Rise, Rise]] = tuple(permutations(SHAPES, 2)),
    step_ms: float = 4.0,
    draws: int = 4000,
) -> tuple[Bound, Bound]:
    """What is left to any method with a bias of at most 7 ms at 25 against 150 ms.

    Parameters
    ----------
    snr_db
        Active over rest RMS of both muscles.
    told
        Whether the method is told both rises and strengths; the rival then has the same.
    pairs
        Curves of the muscles and of their rivals; both muscles follow the same.
    step_ms
        Between the shifts of the slow muscle's onset that are tried, -72 to 72 ms.
    draws
        Signals that the divergence of the chosen pair is measured with.

    Returns
    -------
    tuple[Bound, Bound]
        Most scatter of single pulls; most misses of `PULLS` pulls read together.
    """
    rng = np.random.default_rng(9_200_000)
    level = power(snr_db)
    rises, strengths = (TOLD, TOLD) if told else (RISES, STRENGTHS)
    scatter: list[Bound] = []
    misses: list[Bound] = []
    for curve, other in pairs:
        fast = Description(curve, 0.0, FAST_MS, level)
        slow = Description(curve, 0.0, SLOW_MS, level)
        near = list(rivals(FAST, fast, other, np.arange(-12, 13, 4.0), rises, strengths))
        far = list(rivals(SLOW, slow, other, np.arange(-72, 73, step_ms), rises, strengths))

        def weigh(
            f: Rival, s: Rival, fast: Description = fast, slow: Description = slow
        ) -> tuple[np.ndarray, np.ndarray]:
            parts = [
                log_ratios(w.covariance(a), w.covariance(b), draws, rng)
                for w, a, b in ((FAST, fast, f.muscle), (SLOW, slow, s.muscle))
            ]
            return parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]

        def lag(f: Rival, s: Rival) -> float:
            return s.muscle.onset_ms - f.muscle.onset_ms

        def guess(f: Rival, s: Rival) -> float:
            # The overlap bounds Delta from above, which is enough to choose a pair by.
            most = 2 * -np.expm1(2 * (f.overlap + s.overlap))
            return least_sd(abs(lag(f, s)) - 2 * BIAS_MS, max(most, 1e-9))

        f, s = max(product(near, far), key=lambda pair: guess(*pair))
        sd = least_sd(abs(lag(f, s)) - 2 * BIAS_MS, divergence(*weigh(f, s)))
        scatter.append(Bound(sd, 0.0, curve, s.muscle, lag(f, s)))
        apart = [p for p in product(near, far) if abs(lag(*p)) > 2 * BIAS_MS]
        f, s = max(apart, key=lambda pair: pair[0].overlap + pair[1].overlap)
        share = least_misses(*weigh(f, s), rng)
        misses.append(Bound(0.0, share, curve, s.muscle, lag(f, s)))
    return max(scatter, key=lambda b: b.sd_ms), max(misses, key=lambda b: b.misses)


def main() -> None:
    """Print both tables as Markdown."""
    for told in (True, False):
        print("\nrise and strength", "told" if told else "to be found")
        for snr_db in (10.0, 15.0, 20.0, 25.0, 30.0):
            one, many = bound(snr_db, told)
            print(
                f"| {snr_db:g} dB | {one.sd_ms:.1f} ms | {one.curve} and {one.rival.shape} "
                f"({one.rival.rise_ms:.0f} ms), {one.lag_ms:+.0f} ms | {many.misses:.1%} | "
                f"{many.curve} and {many.rival.shape} ({many.rival.rise_ms:.0f} ms), "
                f"{many.lag_ms:+.0f} ms |",
                flush=True,
            )


if __name__ == "__main__":
    main()
