"""The shipped excerpt is what its attribution says, and its maker copies lines unchanged."""

import gzip
import hashlib
from pathlib import Path

import pytest

from scenarios.data.make_excerpt import excerpt

DATA = Path(__file__).parents[2] / "scenarios" / "data"
HEADER = b"InvoiceNo,Description,InvoiceDate\r\n"


def test_the_shipped_excerpt_is_the_text_whose_digest_the_attribution_states() -> None:
    text = gzip.decompress((DATA / "online_retail_excerpt.csv.gz").read_bytes())
    assert hashlib.sha256(text).hexdigest() in (DATA / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert (DATA / "online_retail_excerpt.csv.gz").stat().st_size < 700_000


def test_lines_of_the_range_are_copied_unchanged_and_repeated_headers_are_dropped() -> None:
    inside = b'1,"a, b",2011-03-20 23:59:00\n'
    lines = [HEADER, b"0,x,2011-02-06 23:59:00\n", inside, HEADER, b"2,x,2011-03-21 00:00:00\n"]
    packed = excerpt(iter(lines))
    assert gzip.decompress(packed) == HEADER.rstrip() + b"\n" + inside
    assert packed == excerpt(iter(lines))


def test_a_table_without_the_stamp_is_refused() -> None:
    with pytest.raises(ValueError, match="names no column 'InvoiceDate'; it has a, b"):
        excerpt(iter([b"a,b\n"]))
