"""Write a raw laboratory transfer of N rows and its subject table: gen_lab.py N OUT_DIR"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv

TESTS = [
    ("Albumin", "g/dL", 4.2, 0.4, 1),
    ("Alkaline Phosphatase", "U/L", 75, 20, 0),
    ("Bilirubin", "mg/dL", 0.6, 0.2, 1),
    ("Calcium", "mg/dL", 9.4, 0.4, 1),
    ("Creatinine", "mg/dL", 0.9, 0.2, 1),
    ("Glucose", "mg/dL", 98, 15, 0),
    ("Hemoglobin", "g/dL", 13.8, 1.2, 1),
    ("Leukocytes", "10^3/uL", 6.4, 1.5, 2),
    ("Platelets", "10^3/uL", 250, 50, 0),
    ("Potassium", "mEq/L", 4.3, 0.3, 1),
    ("Sodium", "mEq/L", 140, 2.5, 0),
    ("Urea Nitrogen", "mg/dL", 14, 4, 0),
]
VISITS = [
    "Screening 1",
    "Baseline",
    "Week 2",
    "Week 4",
    "Week 6",
    "Week 8",
    "Week 12",
    "Week 16",
    "Week 20",
    "Week 24",
]
DAYS = np.array([-14, 0, 14, 28, 42, 56, 84, 112, 140, 168])

n, out = int(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(11)
per = len(TESTS) * len(VISITS)
subjects = n // per + 1
who = np.repeat(np.arange(subjects), per)[:n]
slot = np.tile(np.arange(per), subjects)[:n]
visit, test = slot // len(TESTS), slot % len(TESTS)
start = np.datetime64("2012-07-01") + rng.integers(0, 700, subjects)
mean, spread, digits = (np.array([t[k] for t in TESTS])[test] for k in (2, 3, 4))
value = np.maximum(rng.normal(mean, spread), 0.1 * mean)
text = np.empty(n, object)
for d in (0, 1, 2):
    mask = digits == d
    text[mask] = np.char.mod(f"%.{d}f", value[mask])
text[rng.random(n) < 0.01] = "<0.1"
number = 1000 + np.arange(subjects)
columns = {
    "SUBJECT": np.char.mod("%d", number)[who],
    "VISIT": np.array(VISITS)[visit],
    "DATE": (start[who] + DAYS[visit]).astype(str),
    "TIME": np.char.mod("%02d:15", rng.integers(7, 17, n)),
    "TEST": np.array([t[0] for t in TESTS])[test],
    "RESULT": text.astype(str),
    "UNIT": np.array([t[1] for t in TESTS])[test],
    "LOW": np.char.mod("%.1f", mean - 2 * spread),
    "HIGH": np.char.mod("%.1f", mean + 2 * spread),
}
write = csv.WriteOptions(quoting_style="none")
csv.write_csv(pa.table(columns), out / "lab.csv", write)
csv.write_csv(
    pa.table({"SUBJECT": np.char.mod("%d", number), "RFSTDTC": start.astype(str)}), out / "dm.csv", write
)
