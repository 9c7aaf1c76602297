"""Prints a line for each test in reports of CPython's own test runner (`--junit-xml`): `PASS: NAME`, `FAIL: NAME`, `SKIP: NAME`."""

import sys
import xml.etree.ElementTree as ElementTree

ORDER = ["SKIP", "PASS", "FAIL"]
outcomes = {}
for path in sys.argv[1:]:
    for case in ElementTree.parse(path).iter("testcase"):
        kinds = {element.tag for element in case}
        outcome = "FAIL" if kinds & {"error", "failure"} else "SKIP" if "skipped" in kinds else "PASS"
        # A test with several parts has an entry for each that failed or was skipped.
        name = case.get("name") or path
        outcomes[name] = max(outcome, outcomes.get(name, outcome), key=ORDER.index)
for name, outcome in outcomes.items():
    print(f"{outcome}: {name}")
