"""News as other systems hear of it, by their own clients: webhooks by standardwebhooks and cloudevents, brokers by
nats-py, pika and kafka-python.

    pip install standardwebhooks 'cloudevents>=2' requests nats-py pika kafka-python
    BASE=http://127.0.0.1:8080 KEY=ak_… python tests/contract/news.py

The server needs KONTOR_EGRESS_ALLOW=127.0.0.1/32. BROKER is the server's KONTOR_BROKER_URL, where it has one: then what
is made here has to come by that as well. COUNT contacts are made (200).
"""

import asyncio
import json
import os
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook, WebhookVerificationError

BASE, KEY = os.environ["BASE"], os.environ["KEY"]
BROKER, COUNT = os.environ.get("BROKER", ""), int(os.environ.get("COUNT", "200"))
PATIENCE = 60
MARK = "news" + uuid.uuid4().hex[:12]
session = requests.Session()
session.headers["Authorization"] = f"Bearer {KEY}"
got = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        got.append((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def call(method, path, body=None):
    answer = session.request(method, BASE + path, json=body)
    answer.raise_for_status()
    return answer.json().get("data") if answer.content else None


def listener():
    """What begins to listen at the broker, and gives the events that came."""
    if BROKER.startswith(("nats://", "tls://")):
        return by_nats
    if BROKER.startswith(("amqp://", "amqps://")):
        return by_rabbitmq
    if BROKER.startswith("kafka://"):
        return by_kafka
    return None


def by_nats(ready, found):
    import nats

    async def listen():
        client = await nats.connect(BROKER)
        sub = await client.jetstream().subscribe("kontor.events.*.contact.created", deliver_policy="new")
        ready.set()
        while True:
            message = await sub.next_msg(timeout=PATIENCE)
            found(message.data)
            await message.ack()

    asyncio.run(listen())


def by_rabbitmq(ready, found):
    import pika

    channel = pika.BlockingConnection(pika.URLParameters(BROKER)).channel()
    name = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(name, "kontor.events", "*.contact.created")
    ready.set()
    for method, _, body in channel.consume(name):
        found(body)
        channel.basic_ack(method.delivery_tag)


def by_kafka(ready, found):
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=BROKER.removeprefix("kafka://").split(","), enable_auto_commit=False)
    places = [TopicPartition("kontor.events", n) for n in consumer.partitions_for_topic("kontor.events") or {0}]
    consumer.assign(places)
    consumer.seek_to_end(*places)
    [consumer.position(place) for place in places]
    ready.set()
    for message in consumer:
        found(message.value)


def name(event):
    return ((event.get("data") or {}).get("record") or {}).get("last_name", "")


def heard(wanted, names):
    missing = [one for one in wanted if one not in names]
    return f"{len(wanted) - len(missing)} of {len(wanted)}, {len(names) - len(set(names))} twice"


def main():
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    # Whatever the server has to make at the broker is there once something was told.
    call("POST", "/v1/contacts?allow_duplicates=true", {"last_name": f"{MARK}first"})
    time.sleep(2)
    carried, listen = [], listener()
    if listen:
        ready = threading.Event()

        def found(body):
            event = json.loads(body)
            if name(event).startswith(MARK + "-"):
                carried.append(name(event))

        threading.Thread(target=listen, args=(ready, found), daemon=True).start()
        assert ready.wait(PATIENCE), "the broker's client does not listen"
    url = f"http://127.0.0.1:{receiver.server_port}/news"
    endpoint = call("POST", "/v1/webhook_endpoints", {"url": url, "event_types": ["kontor.contact.created"]})
    old = endpoint["secret"]
    wanted = [f"{MARK}-{n}" for n in range(COUNT)]
    for one in wanted[: COUNT // 2]:
        call("POST", "/v1/contacts?allow_duplicates=true", {"last_name": one})
    deadline = time.time() + PATIENCE
    while len(got) < COUNT // 2 and time.time() < deadline:
        time.sleep(0.05)
    new = call("POST", f"/v1/webhook_endpoints/{endpoint['id']}/rotate_secret", {})["secret"]
    time.sleep(2)
    before = len(got)
    for one in wanted[COUNT // 2 :]:
        call("POST", "/v1/contacts?allow_duplicates=true", {"last_name": one})
    while (len(got) < COUNT or (listen and len(set(carried)) < COUNT)) and time.time() < deadline + PATIENCE:
        time.sleep(0.05)
    call("DELETE", f"/v1/webhook_endpoints/{endpoint['id']}")

    names, refused = [], 0
    for place, (headers, body) in enumerate(got):
        # While one secret takes over from another, either of them verifies.
        for secret in [old] if place < before else [old, new]:
            Webhook(secret).verify(body, headers)
        for forged in (body.replace(b"created", b"deleted"), body + b" "):
            try:
                Webhook(new if place >= before else old).verify(forged, headers)
            except WebhookVerificationError:
                refused += 1
        event = from_http_event(HTTPMessage(headers=headers, body=body))
        record = event.get_data()["record"]
        assert event.get_type() == "kontor.contact.created" and event.get_specversion() == "1.0", event
        assert event.get_subject() == f"contacts/{record['id']}", event
        names.append(record["last_name"])
    print("standardwebhooks and cloudevents:", heard(wanted, names), f"verified and read, {refused} forged refused")
    good = set(wanted) <= set(names) and refused == 2 * len(got)
    if listen:
        print(BROKER.split(":")[0] + ":", heard(wanted, carried), "came")
        good = good and set(wanted) <= set(carried)
    sys.exit(0 if good else 1)


main()
