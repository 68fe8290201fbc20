"""A bad network between two interfaces: passes Ethernet frames on, late, twice, or not at all.

    impair.py relay LEFT RIGHT SEED    reads commands on stdin, answers each with a line
    impair.py plain INTERFACE          lets an interface send frames as they would be on a wire

Commands (what is not given stays as it is; at first every frame is passed on at once):

    loss PERCENT          drops so many frames
    delay MS JITTER_MS    holds each back for so long, give or take: with jitter they overtake
    duplicate PERCENT     passes so many on twice
    dark ADDRESS          drops all frames to or from this IPv4 address, as if its cable was pulled
    light                 puts all cables in again
    count                 answers with what became of how many frames

The same seed makes the same decisions for the same frames. It ends with its input.
"""

import array
import fcntl
import heapq
import random
import select
import socket
import struct
import sys
import time

ETH_P_ALL = 3
PACKET_OUTGOING = 4
IPV4, ARP = b"\x08\x00", b"\x08\x06"

SIOCETHTOOL = 0x8946
# Checksums, scatter-gather, TSO, GSO, GRO: what a network card would do, and this relay does not.
ETHTOOL_SET = [0x17, 0x19, 0x1F, 0x24, 0x2C]


def plain(interface):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in ETHTOOL_SET:
            off = array.array("B", struct.pack("II", command, 0))
            request = struct.pack("16sP", interface.encode(), off.buffer_info()[0])
            fcntl.ioctl(control, SIOCETHTOOL, request.ljust(40, b"\0"))


def attach(interface):
    plain(interface)
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    # As much as may be: what is dropped for want of room is not dropped by the seed.
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    link.bind((interface, 0))
    link.setblocking(False)
    return link


def addresses(frame):
    if frame[12:14] == IPV4:
        return frame[26:30], frame[30:34]
    if frame[12:14] == ARP:
        return frame[28:32], frame[38:42]
    return ()


class Relay:
    def __init__(self, left, right, seed):
        self.across = {left: right, right: left}
        self.random = random.Random(seed)
        self.loss = self.duplicate = self.delay = self.jitter = 0
        self.dark = set()
        self.held = []
        self.counts = dict.fromkeys(["passed", "lost", "twice", "overtaken", "dark"], 0)
        self.due_last = {left: 0, right: 0}

    def command(self, line):
        match line.split():
            case ["loss", percent]:
                self.loss = float(percent) / 100
            case ["duplicate", percent]:
                self.duplicate = float(percent) / 100
            case ["delay", delay, jitter]:
                self.delay, self.jitter = float(delay) / 1000, float(jitter) / 1000
            case ["dark", address]:
                self.dark.add(socket.inet_aton(address))
            case ["light"]:
                self.dark.clear()
            case ["count"]:
                return " ".join(f"{name}={count}" for name, count in self.counts.items())
            case _:
                return f"what is {line!r}?"
        return "done"

    def receive(self, link):
        while True:
            try:
                frame, sender = link.recvfrom(1 << 16)
            except BlockingIOError:
                return
            if sender[2] != PACKET_OUTGOING:
                self.frame(frame, self.across[link])

    def frame(self, frame, to):
        if not self.dark.isdisjoint(addresses(frame)):
            self.counts["dark"] += 1
            return
        if self.random.random() < self.loss:
            self.counts["lost"] += 1
            return
        copies = 1 + (self.random.random() < self.duplicate)
        self.counts["twice"] += copies - 1
        for _ in range(copies):
            due = time.monotonic() + self.delay + self.random.uniform(-1, 1) * self.jitter
            self.counts["overtaken"] += due < self.due_last[to]
            self.due_last[to] = max(due, self.due_last[to])
            self.counts["passed"] += 1
            heapq.heappush(self.held, (due, self.counts["passed"], to, frame))

    def send(self):
        while self.held and self.held[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(self.held)
            # A pulled cable has nothing in it that could still arrive.
            if self.dark.isdisjoint(addresses(frame)):
                try:
                    to.send(frame)
                except OSError:
                    self.counts["lost"] += 1

    def run(self):
        while True:
            wait = max(0, self.held[0][0] - time.monotonic()) if self.held else None
            ready, _, _ = select.select([*self.across, sys.stdin], [], [], wait)
            for source in ready:
                if source is not sys.stdin:
                    self.receive(source)
                elif line := sys.stdin.readline():
                    print(self.command(line), flush=True)
                else:
                    return
            self.send()


def main():
    match sys.argv[1:]:
        case ["plain", interface]:
            plain(interface)
        case ["relay", left, right, seed]:
            # Only now is there a namespace to put the interfaces into.
            print("ready", flush=True)
            sys.stdin.readline()
            relay = Relay(attach(left), attach(right), int(seed))
            print("done", flush=True)
            relay.run()
        case _:
            sys.exit(__doc__)


main()
