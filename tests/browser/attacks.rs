//! Whatever somebody writes, on the page it is text.

use std::fs;

use chatd_support::eventually;
use chatd_support::sentences::said;

use serde_json::json;

use crate::{CHATD, Page};

/// Texts that would run or become elements if anything made markup or code of them.
const MARKUP: [&str; 8] = [
    "<script>hacked = 1</script>",
    "<img src=x onerror=hacked=1>",
    "\"'><svg/onload=hacked=1>",
    "<iframe srcdoc=\"<script>parent.hacked = 1</script>\"></iframe>",
    "<a href=\"javascript:hacked=1\">https</a>",
    "&lt;b onclick=hacked=1&gt;x&lt;/b&gt; &#60;b&#62;",
    "    <b>indented</b>",
    "${hacked = 1} {{hacked = 1}} {0} $& $1",
];

/// Nothing has run, and there is no element that the page does not make.
#[track_caller]
fn expect_harmless(page: &Page) {
    assert_eq!(page.eval("typeof hacked"), "undefined");
    let foreign =
        "script ~ script, style ~ style, body script ~ *, b, i, img, svg, iframe, object, embed";
    assert_eq!(page.count(foreign), 0);
    let handlers = "[...document.querySelectorAll('*')].flatMap((it) => [...it.attributes]) \
                    .filter(({ name, value }) => /^on/i.test(name) || /^ *javascript/i.test(value)).length";
    assert_eq!(page.eval(handlers), 0);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn markup_is_shown_as_it_was_written() {
    let motd = format!("{}/motd.txt", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&motd, MARKUP[0]).expect("a file");
    // Names take no spaces and no `<`, but these.
    let (nick, room) = ("a`b`{}[]|^", "#a&'=`b`{0}[]");
    let args = format!("--motd {motd} --name <img/src=x/onerror=hacked=1> --rate 0");
    let (server, [mut eve]) = CHATD.room(&args, [nick]);
    let page = Page::join(server.addr(), "ana");
    page.until(&format!(
        "[...document.querySelectorAll('.text')].some((it) => it.textContent === {:?})",
        MARKUP[0]
    ));

    eve.say(format!("/join {room}"));
    page.say(&format!("/join {room}"));
    page.until_count("#members li", 2);
    for text in MARKUP {
        eve.say(text);
        page.say(text);
    }
    eve.say("<b>`<img src=x onerror=hacked=1>`</b>");
    let both = MARKUP.iter().flat_map(|text| [said(nick, text), said("ana", text)]);
    let mut expected: Vec<String> = both.collect();
    expected.push(said(nick, "<b><img src=x onerror=hacked=1></b>"));
    eventually("all of it", || (page.said().len() == expected.len()).then_some(()));
    let mut shown = page.said();
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
    for text in MARKUP {
        eve.say(format!("/topic {text}"));
        // In the header, and in the line that tells of it.
        let text = text.trim();
        page.until(&format!("document.getElementById('topic').textContent === {text:?}"));
        page.until(&format!(
            "[...document.querySelectorAll('#log .line')].at(-1).textContent.includes({text:?})"
        ));
    }
    assert_eq!(page.text("document.getElementById('title').textContent"), room);
    let is_member =
        "[...document.querySelectorAll('#members bdi')].some((it) => it.textContent === ";
    assert_eq!(page.eval(&format!("{is_member}{nick:?})")), true);
    expect_harmless(&page);
}

/// What the server refuses to pass on is no more than text, either.
#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn the_page_does_not_rely_on_the_server() {
    let server = CHATD.start("");
    let page = Page::open(server.addr());
    // Keeps the page's connection within reach.
    let source = "WebSocket = class extends WebSocket { constructor(...args) { super(...args); window.wire = this; } }";
    page.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": source }));
    page.reload();
    page.enter("ana");
    let nick = "<img/src=x/onerror=hacked=1>";
    for line in [
        format!(":{nick}!u@h JOIN #lobby"),
        format!("@msgid=1;time=<b> :{nick}!u@h PRIVMSG #lobby :\u{202e}oi\u{0}"),
        format!(":{nick}!u@h TOPIC #lobby :{nick}\u{2067}"),
        format!(":{nick}!u@h NOTICE ana :{nick}"),
        format!(":{nick}!u@h INVITE ana #{nick}"),
        format!(":{nick}!u@h KICK #lobby {nick} :{nick}"),
        format!(":{nick}!u@h MODE #lobby +{nick}"),
        format!(":{nick}!u@h NICK {nick}2"),
        format!(":{nick} PRIVMSG ana :{nick}"),
        format!(":{nick} FAIL {nick} {nick} :{nick}"),
        format!(":{nick} 332 ana #lobby :{nick}"),
        format!(":{nick} 353 ana = #lobby :@{nick}3 {nick}4"),
        format!(":{nick} 366 ana #lobby :{nick}"),
        format!(":{nick} 322 ana #{nick} 1 :{nick}"),
        format!(":{nick} 323 ana :{nick}"),
    ] {
        page.run(&format!(
            "wire.dispatchEvent(new MessageEvent('message', {{ data: {} }}))",
            json!(line)
        ));
    }
    page.until_count("#members li", 2);
    assert_eq!(page.text("document.getElementById('topic').textContent"), nick);
    assert_eq!(page.said(), [said(nick, "\u{fffd}oi\u{fffd}")]);
    expect_harmless(&page);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn text_is_not_turned_around() {
    let (server, [mut eve]) = CHATD.room("", ["eve"]);
    let page = Page::join(server.addr(), "ana");
    for mark in "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202d}\u{202e}\u{2066}\u{2067}".chars() {
        eve.say(format!("/me {mark}txt.exe"));
        eve.say(format!("https://example.org/{mark}gpj.exe"));
    }
    eve.say("שלום");
    page.until_count(".line[data-msgid]", 19);
    let marks = "/[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066\\u2067]/.test(document.getElementById('log').innerText)";
    assert_eq!(page.eval(marks), false);
    // What reads from right to left turns nothing beside it around.
    let isolated = "[...document.querySelectorAll('.who, .text')].every((it) => \
                    it.localName === 'bdi' && getComputedStyle(it).unicodeBidi === 'isolate')";
    assert_eq!(page.eval(isolated), true);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn only_addresses_of_the_web_become_links() {
    let (server, [mut eve]) = CHATD.room("--rate 0", ["eve"]);
    let page = Page::join(server.addr(), "ana");
    let texts: [(&str, &[&str]); 16] = [
        ("see https://example.org/a.", &["https://example.org/a"]),
        ("(https://example.org/x)", &["https://example.org/x"]),
        ("(https://example.org/x_(y))", &["https://example.org/x_(y)"]),
        ("https://example.org/x_(y).", &["https://example.org/x_(y)"]),
        ("<http://localhost:8080/?a=1&b=2#c>", &["http://localhost:8080/?a=1&b=2#c"]),
        (
            "\"https://example.org/a,b\", 'http://[::1]:81/'",
            &["https://example.org/a,b", "http://[::1]:81/"],
        ),
        ("HTTPS://EXAMPLE.ORG!?", &["HTTPS://EXAMPLE.ORG"]),
        ("`https://example.org/`", &[]),
        ("    https://example.org/", &[]),
        ("javascript:alert(1) javascript://example.org/%0aalert(1)", &[]),
        ("data:text/html,<script>alert(1)</script>", &[]),
        ("ftp://example.org/ file:///etc/passwd //example.org/", &[]),
        ("https://ana:secret@example.org/", &[]),
        ("https://ex\u{430}mple.org/", &[]),
        ("xhttps://example.org/", &[]),
        ("https:// https://- http://.", &[]),
    ];
    for (count, (text, links)) in (1..).zip(texts) {
        eve.say(text);
        page.until_count(".line[data-msgid]", count);
        let last = "[...document.querySelectorAll('.line[data-msgid]')].at(-1)";
        let found = page.eval(&format!(
            "[...{last}.querySelectorAll('a')].map((it) => it.getAttribute('href'))"
        ));
        assert_eq!(found, json!(links), "{text}");
    }
    assert_eq!(page.count("a:not([rel='noopener noreferrer'][target=_blank])"), 0);
    assert_eq!(page.count("a"), 8);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn what_would_run_if_it_were_there_is_forbidden_by_the_policy() {
    let server = CHATD.start("");
    let page = Page::join(server.addr(), "ana");
    let forbidden = [
        ("document.body.innerHTML = '<b>x</b>'", "TrustedHTML"),
        ("setTimeout(() => { try { eval('hacked = 1') } catch {} })", "TrustedScript"),
        ("document.createElement('script').text = 'hacked = 1'", "TrustedScript"),
        (
            "const trusted = trustedTypes.createPolicy('any', { createScript: (text) => text }), \
             it = document.createElement('script'); \
             it.text = trusted.createScript('hacked = 1'); document.body.append(it); it.remove()",
            "script-src",
        ),
        ("document.body.setAttribute('onclick', 'hacked = 1')", "TrustedScript"),
        ("document.body.setAttribute('style', 'color: red')", "style-src"),
        ("new Image().src = 'http://127.0.0.1:1/'", "img-src"),
        ("fetch('http://127.0.0.1:1/').catch(() => {})", "connect-src"),
        ("new WebSocket('ws://127.0.0.1:1/')", "connect-src"),
    ];
    assert_eq!(page.complaints(), Vec::<String>::new());
    for (attempt, why) in forbidden {
        page.run(&format!("try {{ {attempt} }} catch {{ /* it is told, too */ }}"));
        let complaints =
            eventually(attempt, || Some(page.complaints()).filter(|all| !all.is_empty()));
        assert!(complaints.iter().any(|it| it.contains(why)), "{attempt}: {complaints:#?}");
    }
    expect_harmless(&page);
}
