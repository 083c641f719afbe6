//! Flows over HTTP against the real binary; everything is in `tests/it`, one binary whose modules mirror the URLs.
