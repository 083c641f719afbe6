"""Hooks of `schemathesis run`: right requests as a client sends them, so that they reach the product's own code."""

import uuid

import schemathesis


@schemathesis.hook
def before_call(context, case, **kwargs):
    """An Idempotency-Key is used once; If-Match holds for whatever version is there; headers have values."""
    if case.meta and case.meta.generation.mode.value != "positive":
        return
    headers = case.headers or {}
    if headers.get("Idempotency-Key"):
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if headers.get("If-Match"):
        headers["If-Match"] = "*"
    for name in ("Idempotency-Key", "If-Match", "If-None-Match"):
        if headers.get(name) == "":
            del headers[name]
