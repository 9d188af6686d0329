"""Adds up ctest's JUnit files: names what failed, prints "N passed, N failed"."""
import sys
import xml.etree.ElementTree as tree

passed, failed = 0, []
for path in sys.argv[1:]:
    for case in tree.parse(path).getroot().iter("testcase"):
        if case.get("status") in ("run", "passed") and case.find("failure") is None:
            passed += 1
        else:
            failed.append(case.get("name"))
for name in failed:
    print("FAIL", name)
print(f"{passed} passed, {len(failed)} failed")
sys.exit(1 if failed or not passed else 0)
