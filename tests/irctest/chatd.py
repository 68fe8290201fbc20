"""Tells irctest how to run chatd, and what chatd promises.

irctest skips a test of something optional that a server lacks. What is promised here and missing
fails instead: who adds a capability, a token of 005 or an optional behaviour adds it here too.
"""

import os
import shutil
import signal

from irctest import patma
from irctest.basecontrollers import BaseServerController
from irctest.runner import NotImplementedByController
from irctest.specifications import Capabilities, OptionalBehaviors


class ChatdController(BaseServerController):
    software_name = "chatd"
    supported_sasl_mechanisms = set()
    supports_sts = False
    extban_mute_char = "m"
    capabilities = frozenset({Capabilities.MULTI_PREFIX})
    optional_behaviors = frozenset(
        {
            OptionalBehaviors.BAN_EXCEPTION_MODE,
            OptionalBehaviors.CAP_REQ_MINUS,
            OptionalBehaviors.ELIST_C,
            OptionalBehaviors.ELIST_M,
            OptionalBehaviors.ELIST_N,
            OptionalBehaviors.ELIST_T,
            OptionalBehaviors.ELIST_U,
            OptionalBehaviors.INVITE_EXCEPTION_MODE,
            OptionalBehaviors.INVITE_LIST,
            OptionalBehaviors.INVITE_OVERRIDES_LIMIT,
            OptionalBehaviors.MULTI_JOIN,
            OptionalBehaviors.MULTI_KICK,
            OptionalBehaviors.MULTI_NAMES_COMMAND,
            OptionalBehaviors.MULTI_PRIVMSG,
            OptionalBehaviors.NO_CTCP,
        }
    )
    isupport = {
        "CASEMAPPING": "ascii",
        "CHANTYPES": "#",
        "ELIST": "CMNTU",
        "EXCEPTS": None,
        "INVEX": None,
        "MONITOR": "100",
        "NICKLEN": "24",
        "PREFIX": "(ov)@+",
        "STATUSMSG": "@+",
        "TARGMAX": patma.ANYSTR,
        "UTF8ONLY": None,
    }

    _port_wait_interval = 0.01

    def get_hostname_and_port(self):
        # irctest would listen on all addresses.
        _, port = super().get_hostname_and_port()
        return "127.0.0.1", port

    def run(
        self,
        hostname,
        port,
        *,
        password,
        ssl,
        run_services,
        faketime,
        websocket_hostname,
        websocket_port,
    ):
        if password is not None:
            raise NotImplementedByController("a password of the server")
        if ssl:
            raise NotImplementedByController("TLS")
        if run_services:
            raise NotImplementedByController("accounts")
        assert self.proc is None
        self.hostname, self.port = hostname, port

        command = ["chatd", "--bind", f"{hostname}:{port}", "--name", "My.Little.Server"]
        # The tests expect nobody in a room that they did not join.
        command += ["--no-autojoin", "--quiet"]
        if websocket_port is not None:
            command += ["--bind", f"{websocket_hostname}:{websocket_port}"]
        if faketime and shutil.which("faketime"):
            command = ["faketime", "-f", faketime, *command]
            self.faketime_enabled = True
        self.proc = self.execute(command)

    def kill_proc(self):
        # A test ends while its clients are connected, and a polite stop would wait for them.
        # The group, as `faketime` has the server for a child.
        assert self.proc
        os.killpg(self.proc.pid, signal.SIGKILL)
        self.proc.wait()
        self.proc = None


def get_irctest_controller_class():
    return ChatdController
