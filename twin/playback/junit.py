"""The JUnit file of a replay, as build servers read it: one suite for each version, one case for each finding.

A new divergence and a broken invariant fail, an accepted divergence is skipped, and a suite without findings has one
case that passes. Characters that XML cannot hold are shown as U+FFFD.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(name: str, documents: Sequence[Mapping[str, object]]) -> str:
    """Return the file's text for the documents of `report.document`; `name` is the history's."""
    suites = [_suite(name, document) for document in documents]
    return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n' + "".join(suites) + "</testsuites>\n"


def _suite(name: str, document: Mapping[str, object]) -> str:
    found, broken = document["divergences"], document["violations"]
    assert isinstance(found, list)
    assert isinstance(broken, list)
    failures = sum(not row["accepted"] for row in found) + len(broken)
    skipped = sum(row["accepted"] for row in found)
    cases = [_divergence(name, row) for row in found] + [_violation(name, row) for row in broken]
    shown = cases or [f"  <testcase classname={_attribute(name)} name={_attribute(str(document['verdict']))}/>\n"]
    suite = _attribute(f"{name} {document['version']}")
    head = f"<testsuite name={suite} tests='{len(shown)}' failures='{failures}' skipped='{skipped}' errors='0'>\n"
    return f"{head}{''.join(shown)}</testsuite>\n"


def _divergence(name: str, row: Mapping[str, object]) -> str:
    case = _case(name, f"{row['kind']} {row['key']}")
    if row["accepted"]:
        return f"{case}<skipped message='accepted'/></testcase>\n"
    text = f"recorded: {row['recorded']}\nreplayed: {row['replayed']}\nchain: {row['chain']}"
    return _failed(case, str(row["kind"]), f"at {row['at']}, line {row['line']}", text)


def _violation(name: str, row: Mapping[str, object]) -> str:
    case = _case(name, f"violation {row['invariant']} {row['key']}")
    return _failed(case, "violation", f"at {row['at_us']} us", f"chain: {row['chain']}")


def _case(name: str, what: str) -> str:
    return f"  <testcase classname={_attribute(name)} name={_attribute(what)}>"


def _failed(case: str, kind: str, message: str, text: str) -> str:
    failure = f"<failure type={_attribute(kind)} message={_attribute(message)}>{escape(_clean(text))}</failure>"
    return f"{case}{failure}</testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
