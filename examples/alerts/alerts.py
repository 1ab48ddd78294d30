#!/usr/bin/env python3
"""Reads the topic of events, and prints a line when a monitor is down in two slots in
a row, when it is up again, and when slots were not measured.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
    .venv/bin/python alerts.py --brokers 127.0.0.1:9092 --topic monitorink.events --group alerts
"""

import argparse
import json
import re
import signal
import sys
import threading

from confluent_kafka import Consumer, KafkaException

ROW = 2  # how many slots in a row have to be down


class Seen:
    """What is known of one monitor at one location."""

    def __init__(self):
        self.newest = ("", 0)  # slot and attempt; instants are in one form, so that texts compare as they do
        self.before = 0  # slots in a row that were down, up to the one before the newest
        self.down = 0  # and up to it
        self.told = False  # that it is down
        self.gap = ""  # the end of the newest

    def measurement(self, e):
        """Counts a slot by its last attempt: a later one takes the place of the one before."""
        this = (e["scheduled_at"], e["attempt"])
        if this <= self.newest:  # it came before, or is older: its identity tells
            return None
        if this[0] > self.newest[0]:
            self.before = self.down
        self.newest = this
        self.down = self.before + 1 if e["state"] == "down" else 0
        if self.down >= ROW and not self.told:
            self.told = True
            error = e["error"]
            return line(this[0], e, f"DOWN in {self.down} slots: {error['kind']}: {error['message']} ({e['url']})")
        if self.down == 0 and self.told:
            self.told = False
            return line(this[0], e, f"UP after {self.before} slots")
        return None

    def gapped(self, e):
        """Tells of slots that nobody measured, unless on purpose. They say nothing about
        the target, so that a row of slots that are down goes on behind them."""
        if e["reason"] == "paused" or e["last_at"] <= self.gap:
            return None
        self.gap = e["last_at"]
        return line(e["first_at"], e, f"UNKNOWN in {e['slots']} slots: {e['reason']}")

    def registered(self, e):
        if e.get("removed") and self.newest[0] <= e["from"]:
            self.before, self.down, self.told = 0, 0, False


def line(at, e, what):
    return f"{at} {e['monitor']}@{e['location']} {what}"


class Unknown(Exception):
    """A schema of a later version."""


def event(seen, value):
    """The line that follows from an event, or None."""
    e = json.loads(value)
    kind = {"measurement/1": Seen.measurement, "gap/1": Seen.gapped, "registration/1": Seen.registered}.get(
        re.sub(r"\.\d+$", "", e["schema"])  # within a major form, such as 1.4, fields are only added
    )
    if kind is None:
        raise Unknown(e["schema"])
    return kind(seen.setdefault((e["monitor"], e["location"]), Seen()), e)


def run(consumer, topic, stopped):
    partitions = {}  # what is known of the monitors of each: a monitor's events are all in one
    unknown = set()  # schemas that were told of

    def forget(_, given):
        for p in given:  # while another consumer has the partition, events pass
            partitions.pop(p.partition, None)

    consumer.subscribe([topic], on_assign=forget, on_revoke=forget, on_lost=forget)
    while not stopped.is_set():
        m = consumer.poll(0.5)
        if m is None:
            continue
        if m.error():
            raise KafkaException(m.error())
        try:
            text = event(partitions.setdefault(m.partition(), {}), m.value())
            if text:
                print(text, flush=True)
        except Unknown as e:
            if str(e) not in unknown:
                unknown.add(str(e))
                print(f"passed over: unknown schema {e}; a newer version of this program may know it", file=sys.stderr)
        except (ValueError, TypeError, KeyError, AttributeError) as e:  # it will never do; what follows may
            print(f"passed over partition {m.partition()}, offset {m.offset()}: {e!r}", file=sys.stderr)
        consumer.store_offsets(m)  # done with it; what is stored is committed every second


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--brokers", default="127.0.0.1:9092", help="host:port of brokers, comma-separated")
    parser.add_argument("--topic", default="monitorink.events", help="where the events are")
    parser.add_argument("--group", default="alerts", help="the consumer group, whose offsets say how far it has come")
    a = parser.parse_args()
    stopped = threading.Event()
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, lambda *_: stopped.set())
    said = set()  # of brokers that are away, each once

    def complain(error):
        if error.code() not in said:
            said.add(error.code())
            print(f"alerts: {error.str()}; it goes on trying", file=sys.stderr)

    consumer = Consumer({
        "bootstrap.servers": a.brokers,
        "group.id": a.group,
        "auto.offset.reset": "earliest",  # a new group begins with what the topic still holds
        "enable.auto.offset.store": False,  # see store_offsets
        "auto.commit.interval.ms": 1000,
        "reconnect.backoff.max.ms": 1000,
        "log_level": 2,  # error_cb says what a person should know
        "error_cb": complain,
    })
    try:
        run(consumer, a.topic, stopped)
    except KafkaException as e:
        sys.exit(f"alerts: topic {a.topic}: {e.args[0].str()}")
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
