"""Hooks of `schemathesis run`: right requests as a client sends them, so that they reach the product's own code."""

import json
import os
import urllib.request
import uuid

import schemathesis

NOBODY = "4242"


def _own_key():
    """The id of the key that all requests are sent with."""
    address = os.environ.get("KONTOR_URL", "http://127.0.0.1:8095")
    request = urllib.request.Request(f"{address}/v1/me", headers={"Authorization": f"Bearer {os.environ['KONTOR_KEY']}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]["credential"]["id"]


OWN_KEY = _own_key()


@schemathesis.hook
def before_call(context, case, **kwargs):
    """No request revokes, rotates or narrows the key that the others need: ids of earlier answers are tried as well.
    An Idempotency-Key is used once; If-Match holds for whatever version is there; headers have values."""
    parameters = case.path_parameters or {}
    for name, value in parameters.items():
        if str(value) == OWN_KEY:
            parameters[name] = NOBODY
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
