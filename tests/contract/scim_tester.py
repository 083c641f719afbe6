"""scim2-tester, unmodified, against a running server: what it checks and what came of it.

    pip install scim2-tester scim2-client httpx2
    BASE=http://127.0.0.1:8080 KEY=ak_… python tests/contract/scim_tester.py

KEY has the role admin and the scope scim; it makes and removes users and groups of its space.
"""

import os
import sys
from collections import Counter

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

base, key = os.environ["BASE"], os.environ["KEY"]
client = Client(base_url=f"{base}/scim/v2", headers={"Authorization": f"Bearer {key}"})
results = check_server(SyncSCIMClient(client))
for result in results:
    if result.status not in (Status.SUCCESS, Status.SKIPPED):
        print(result.status.name, result.resource_type or "", result.title, "-", result.reason)
counts = Counter(result.status.name for result in results)
print(dict(counts))
sys.exit(0 if not counts["ERROR"] and not counts["CRITICAL"] else 1)
