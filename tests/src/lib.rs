//! Tests of the whole; the library itself is empty.
