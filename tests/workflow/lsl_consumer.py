"""A program that reads what an outlet sends, in a process of its own.

``lsl_consumer.py FILE.npz NAME …``: says "ready" when subscribed to all, reads until its standard
input ends or the streams do, and writes stamps and values of each stream.
"""

from __future__ import annotations

import json
import sys
import threading

import numpy as np


def drain(inlet):
    stamps, values = [], []
    more = True
    while more:
        try:
            rows, times = inlet.pull_chunk(timeout=0.0, max_samples=4096)
        except RuntimeError:  # lost: the outlet has ended
            break
        stamps += times
        values += rows
        more = bool(times)
    return stamps, values


def main(path, *names):
    from labapp.record.lsl_library import describe, load_lsl, resolve

    pylsl = load_lsl("machine")
    inlets, told, got = {}, {}, {name: ([], []) for name in names}
    for name in names:
        (info,) = resolve(pylsl, {"name": name}, 5.0)
        told[name] = describe(pylsl, info)
        inlets[name] = pylsl.StreamInlet(info, recover=False)
        inlets[name].open_stream(5.0)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    print("ready", flush=True)
    while not over.wait(0.01):
        for name, inlet in inlets.items():
            stamps, values = drain(inlet)
            got[name][0].extend(stamps)
            got[name][1].extend(values)
    arrays = {}
    for name, (stamps, values) in got.items():
        arrays[f"{name} stamps"] = np.array(stamps)
        arrays[f"{name} values"] = np.array(values)
        arrays[f"{name} xml"] = np.array(told[name].description)
        arrays[f"{name} units"] = np.array(json.dumps([told[name].names, told[name].units]))
    np.savez(path, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
