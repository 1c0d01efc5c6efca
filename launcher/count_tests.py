"""Counts the test cases of one `bazel test` run from its build events.

Prints tab-separated lines: "passed N", "failed N", and "name TARGET CASE" for each failure.
A target that failed without a failed case (crash, timeout, build error) counts as one failure.
"""
import json
import sys
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote, urlparse


def cases(uri):
    """(passed, names of the failed) of a test.xml; skipped cases count for neither."""
    passed, failed = 0, []
    for case in ElementTree.parse(unquote(urlparse(uri).path)).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append((case.get("classname", "") + "." + case.get("name", "")).strip("."))
        elif case.find("skipped") is None and case.get("status") != "notrun":
            passed += 1
    return passed, failed


def main(path):
    results, asked, built_badly = {}, set(), set()
    with open(path, encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            ident = event.get("id", {})
            if "testResult" in event:
                results.setdefault(ident["testResult"]["label"], []).append(event["testResult"])
            elif "targetCompleted" in ident:
                label = ident["targetCompleted"]["label"]
                asked.add(label)
                if not event.get("completed", {}).get("success"):
                    built_badly.add(label)
    passed, failed = 0, []
    for label, attempts in sorted(results.items()):
        good, bad = 0, []
        for attempt in attempts:
            xml = [o["uri"] for o in attempt.get("testActionOutput", []) if o["name"] == "test.xml"]
            if xml:
                try:
                    some, names = cases(xml[0])
                except (OSError, ElementTree.ParseError):
                    some, names = 0, []
                good += some
                bad += names
        ok = all(a.get("status") in ("PASSED", "FLAKY") for a in attempts)
        passed += good if good or bad or not ok else 1
        if not ok and not bad:
            bad = ["ended with " + ", ".join(a.get("status", "?") for a in attempts)]
        failed += [label + " " + name for name in bad]
    failed += [label + " did not build" for label in sorted(built_badly - set(results))]
    if not asked:
        failed.append("no target was built or tested")
    print("passed\t%d\nfailed\t%d" % (passed, len(failed)))
    for name in failed:
        print("name\t" + name)


main(sys.argv[1])
