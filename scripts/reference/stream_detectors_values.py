"""Where the drift detectors of river fire, on streams of errors and of numbers.

Values are float32, as rows are. KSWIN draws its older values by Python's generator, which we do not have; with
window_size = 2 stat_size all of them are drawn, and nothing depends on it.

    pip install "river==0.26.*" numpy
"""
import numpy as np
import river
from reference import write
from river import drift
from river.drift import binary

random = np.random.default_rng(20261129)


def errors(*stretches):
    return np.concatenate([random.random(n) < rate for n, rate in stretches]).astype(np.float32)


def numbers(*stretches):
    return np.concatenate([random.normal(mean, sd, n) for n, mean, sd in stretches]).astype(np.float32)


STREAMS = {
    "errors rise": errors((600, 0.1), (600, 0.4)),
    "errors fall and rise": errors((500, 0.4), (500, 0.05), (500, 0.5)),
    "errors creep": errors(*[(60, 0.05 + 0.02 * step) for step in range(20)]),
    "right at first": errors((50, 0.0), (400, 0.02), (400, 0.3)),
    "scores in 0...1": np.concatenate([random.beta(2, 8, 600), random.beta(5, 4, 600)]).astype(np.float32),
    "numbers shift": numbers((500, 0, 1), (500, 1.5, 1), (500, -0.5, 1)),
    "numbers spread": numbers((500, 2, 0.5), (500, 2, 2)),
    "numbers stay": numbers((1500, -3, 1)),
    "ties": random.integers(0, 4, 800).astype(np.float32) + np.repeat([0, 1], 400).astype(np.float32),
    "constant": np.full(400, 0.5, dtype=np.float32),
}
UNIT = [name for name, values in STREAMS.items() if values.min() >= 0 and values.max() <= 1]
BINARY = [name for name in UNIT if set(STREAMS[name]) <= {0.0, 1.0}]

CASES = [
    ("PageHinkley", drift.PageHinkley, list(STREAMS), [
        {}, {"threshold": 5.0, "delta": 0.05}, {"threshold": 10.0, "mode": "up", "alpha": 0.99},
        {"threshold": 8.0, "mode": "down", "min_instances": 100},
    ]),
    ("ADWIN", drift.ADWIN, list(STREAMS), [
        {}, {"delta": 0.2, "clock": 1}, {"delta": 0.05, "clock": 8, "max_buckets": 3, "min_window_length": 10},
    ]),
    ("KSWIN", drift.KSWIN, list(STREAMS), [
        {"window_size": 60, "stat_size": 30}, {"alpha": 0.0001, "window_size": 100, "stat_size": 50},
    ]),
    ("DDM", binary.DDM, UNIT, [{}, {"warm_start": 100, "drift_threshold": 2.5}]),
    ("EDDM", binary.EDDM, UNIT, [{}, {"warm_start": 10, "alpha": 0.9, "beta": 0.7}]),
    ("HDDMA", binary.HDDMA, UNIT, [{}, {"two_sided_test": True, "drift_confidence": 0.05}]),
    ("HDDMW", binary.HDDMW, UNIT, [{}, {"two_sided_test": True, "lambda_val": 0.1, "drift_confidence": 0.01}]),
]

results = []
for name, detector, streams, settings in CASES:
    for keys in settings:
        for stream in streams:
            fired, subject = [], detector(**keys)
            for index, value in enumerate(STREAMS[stream]):
                subject.update(float(value))
                if subject.drift_detected:
                    fired.append(index)
            results.append({
                "method": name, "stream": stream, "fires": fired,
                "keys": {key: value for key, value in keys.items() if not (name == "EDDM" and key == "alpha")},
            })

write("DriftDetectionTests", "stream_detectors", [river, np], {
    "streams": {name: [float(value) for value in values] for name, values in STREAMS.items()},
    "cases": results,
})
