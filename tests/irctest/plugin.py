"""A plugin of pytest, for `run`: stops servers that were left, and sums up the outcomes of tests."""

import collections
import os

import pytest

OUTCOMES = ["passed", "failed", "skipped"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    # unittest does not tear down a test that is skipped while it is set up, as some are.
    controller = getattr(item.instance, "controller", None)
    if controller and controller.proc:
        controller.kill()


def pytest_terminal_summary(terminalreporter):
    outcomes = {}
    # The last that applies to a test counts: one that passes may still fail to be torn down. What
    # irctest knows to fail on a server, `xfailed`, has failed for a comparison.
    for category, outcome in [
        ("passed", "passed"),
        ("xpassed", "passed"),
        ("skipped", "skipped"),
        ("xfailed", "failed"),
        ("failed", "failed"),
        ("error", "failed"),
    ]:
        for report in terminalreporter.stats.get(category, []):
            outcomes[report.nodeid] = outcome

    modules = collections.defaultdict(collections.Counter)
    for test, outcome in outcomes.items():
        file = test.partition("::")[0]
        modules[file.removeprefix("irctest/server_tests/").removesuffix(".py")][outcome] += 1
    directory = os.environ["IRCTEST_RESULTS"]
    with open(os.path.join(directory, "failed.txt"), "w") as failed:
        failed.writelines(f"{test}\n" for test in sorted(outcomes) if outcomes[test] == "failed")
    with open(os.path.join(directory, "summary.txt"), "w") as summary:

        def row(name, *cells):
            summary.write(f"{name:26}" + "".join(f"{cell:>9}" for cell in cells) + "\n")

        row("module", *OUTCOMES)
        for module in sorted(modules):
            row(module, *(modules[module][outcome] for outcome in OUTCOMES))
        total = collections.Counter(outcomes.values())
        row(f"all {len(outcomes)}", *(total[outcome] for outcome in OUTCOMES))
