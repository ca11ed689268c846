import threading

import pytest

from labapp.timing.labclock import FOREVER, RealClock, ScaledClock, SteppedClock, make_clock


def test_scaled_time_runs_faster():
    real = RealClock().now_ns()
    clock = ScaledClock(real, 1000.0)
    assert clock.wait_until(real + 2_000_000_000, threading.Event())
    assert clock.now_ns() >= real + 2_000_000_000
    assert RealClock().now_ns() - real < 1_500_000_000
    assert RealClock().wait_until(real, threading.Event())


@pytest.mark.parametrize("clock", [RealClock(), ScaledClock(0, 2.0), SteppedClock()])
def test_stop_ends_waiting(clock):
    stop = threading.Event()
    stop.set()
    assert not clock.wait_until(FOREVER, stop)


def test_parties_run_one_at_a_time_in_order_of_time():
    clock = SteppedClock()
    stop = threading.Event()
    done = []
    ready = threading.Barrier(4)

    def party(order, period):
        clock.join(order)
        ready.wait()
        t = period
        while clock.wait_until(t, stop):
            assert clock.now_ns() == t
            done.append((t, order))
            t += period
        clock.leave()

    threads = [
        threading.Thread(target=party, args=(order, period))
        for order, period in enumerate((3, 5, 7))
    ]
    for thread in threads:
        thread.start()
    ready.wait()
    for limit in (10, 10, 40, 210):
        assert clock.advance(limit, 10.0)
        expected = [(t, n) for n, p in enumerate((3, 5, 7)) for t in range(p, limit + 1, p)]
        assert done == sorted(expected)
        assert clock.now_ns() == limit
    stop.set()
    clock.wake()
    for thread in threads:
        thread.join()
    assert clock.advance(300, 1.0)


def test_a_party_settles_once_before_advance_returns():
    clock = SteppedClock()
    stop, ready = threading.Event(), threading.Event()
    done, settled = [], []

    def party():
        clock.join(0, lambda: settled.append(list(done)))
        ready.set()
        while clock.wait_until(3 * len(done) + 3, stop):
            done.append(clock.now_ns())
        clock.leave()

    thread = threading.Thread(target=party)
    thread.start()
    ready.wait()
    for limit, stops in ((10, 10), (11, 10), (20, 19)):
        assert clock.advance(limit, 10.0)
        assert settled[-1] == list(range(3, stops, 3))
    assert len(settled) <= 3  # once before anything was asked, if it came to wait so soon
    stop.set()
    clock.wake()
    thread.join()


def test_time_waits_for_a_party_at_work():
    clock = SteppedClock()
    free, started = threading.Event(), threading.Event()

    def party():
        clock.join(0)
        started.set()
        free.wait()
        clock.leave()

    thread = threading.Thread(target=party)
    thread.start()
    started.wait()
    assert not clock.advance(10, 0.05)
    assert clock.now_ns() == 0
    free.set()
    assert clock.advance(10, 5.0)
    thread.join()
    assert clock.now_ns() == 10


def test_make_clock():
    assert isinstance(make_clock("real", 1.0, 0), RealClock)
    assert make_clock("stepped", 1.0, 7).now_ns() == 7
    for bad in (("slow", 1.0), ("scaled", 0.0), ("scaled", float("nan"))):
        with pytest.raises(ValueError, match=r"clock|speed"):
            make_clock(*bad, 0)


def test_a_scaled_clock_that_is_halted_stands_still():
    clock = ScaledClock(RealClock().now_ns(), 1000.0)
    stop = threading.Event()
    asleep = threading.Thread(target=clock.wait_until, args=(FOREVER, stop))
    asleep.start()
    end = clock.halt()
    assert clock.now_ns() == clock.now_ns() == end
    assert clock.wait_until(end, stop)
    assert not clock.wait_until(end + 1, stop)  # it never comes
    asleep.join(5.0)
    assert not asleep.is_alive()
