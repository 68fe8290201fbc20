//! How much the page takes after a long day, and whether everybody can use it.

use std::{env, fs};

use chatd_support::browser::Browser;
use serde_json::json;

use crate::{CHATD, Page};

/// What the script of a tab of 10,000 lines may hold.
const HEAP_BYTES_MAX: f64 = 20e6;
/// What its document may hold: 24 MB were measured, after 2,000 lines as after 10,000.
const DOCUMENT_BYTES_MAX: f64 = 40e6;
/// What it may have in its document.
const LINES_MAX: u64 = 1500;
/// How long after a key was pressed its letter is drawn.
const REACTION_MILLIS_MAX: u64 = 100;

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn ten_thousand_lines_are_no_burden() {
    let (server, [mut bruno]) = CHATD.room("--rate 0", ["bruno"]);
    let page = Page::join(server.addr(), "ana");
    for thousand in 0..10 {
        let lines = (0..1000)
            .map(|number| format!("{thousand} {number} https://example.org/{number} `code`\n"));
        bruno.send(lines.collect::<String>());
        let last = format!("{thousand} 999 ");
        page.until(&format!(
            "[...document.querySelectorAll('.text')].at(-1)?.textContent.startsWith('{last}')"
        ));
    }
    let shown = page.count(".line");
    assert!((1000..=LINES_MAX).contains(&shown), "{shown}");

    page.devtools("HeapProfiler.collectGarbage", &json!({}));
    let heap = page.devtools("Runtime.getHeapUsage", &json!({}));
    let uses = |part: &str| heap[part].as_f64().expect("a number");
    assert!(uses("usedSize") < HEAP_BYTES_MAX, "{heap}");
    assert!(uses("embedderHeapUsedSize") < DOCUMENT_BYTES_MAX, "{heap}");

    page.run(
        "window.took = [];
         document.getElementById('say').addEventListener('input', ({ timeStamp }) =>
             requestAnimationFrame(() => setTimeout(() => took.push(performance.now() - timeStamp))));",
    );
    for count in 1..=11 {
        page.type_into("#say", "x");
        page.until(&format!("took.length === {count}"));
    }
    // The machine may be busy once.
    let median = page.eval("Math.round(took.sort((one, other) => one - other)[5])").as_u64();
    assert!(median.is_some_and(|millis| millis < REACTION_MILLIS_MAX), "{median:?} ms");
}

/// What [axe](https://github.com/dequelabs/axe-core) finds wrong with what is shown, in both themes.
fn violations(page: &Browser, axe: &str, screen: &str) -> Vec<String> {
    let mut all = Vec::new();
    for is_dark in [false, true] {
        page.set_dark(is_dark);
        // Scripts that are passed so are not subject to the policy of the page.
        page.run(axe);
        let found = page.eval(
            "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map((it) => \
             `${it.id}: ${it.nodes.map((node) => `${node.html} ${node.failureSummary}`).slice(0, 3).join(' ')}`))",
        );
        let found: Vec<String> = serde_json::from_value(found).expect("texts");
        all.extend(found.iter().map(|it| format!("{screen}, dark: {is_dark}: {it}")));
    }
    all
}

#[test]
#[ignore = "needs Chromium, ChromeDriver and CHATD_AXE: see CONTRIBUTING"]
fn nothing_is_in_the_way_of_anybody() {
    let Some(file) = env::var_os("CHATD_AXE") else {
        eprintln!("CHATD_AXE is not set: nothing was looked at");
        return;
    };
    let axe = fs::read_to_string(file).expect("the script axe.min.js");
    let (server, [mut bruno, mut carla]) = CHATD.room("--rate 0", ["bruno", "carla"]);
    let page = Page::open(server.addr());
    let mut found = violations(&page, &axe, "first screen");
    page.type_into("#nick", "bruno\u{e007}");
    page.until("document.getElementById('nick-error').textContent !== ''");
    found.extend(violations(&page, &axe, "refused"));
    page.run("document.getElementById('nick').value = ''");
    page.enter("ana");
    bruno.say("/join #dev");
    page.say("/join #dev");
    page.until_count("#members li", 2);
    bruno.say("/topic o servidor");
    for number in 0..300 {
        bruno.say(format!("{number} https://example.org/ `code` ana"));
        carla.say(format!("{number}"));
    }
    page.say("/me acena");
    page.until("[...document.querySelectorAll('.line.act')].length === 1");
    page.until("Number(document.querySelector('.badge:not([hidden])')?.textContent) === 300");
    found.extend(violations(&page, &axe, "chat"));
    page.resize(320, 568);
    page.until("innerWidth === 320");
    found.extend(violations(&page, &axe, "narrow"));
    assert!(found.is_empty(), "{found:#?}");
}
