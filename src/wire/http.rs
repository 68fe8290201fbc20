//! Requests of browsers ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110),
//! [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)): for the page, and for a WebSocket.
//!
//! A connection has one request, without a body. Nothing of it is ever sent back or said in a room, since
//! any page in the world can make a browser send one. For the same reason a request has to name this
//! server as people in its network do: [`WebRules`].

use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str;
use std::sync::Arc;

use httparse::{Header, Request};

use super::detect::{Foreign, requested};
use super::websocket::{self, Kind};
use super::{Ending, Step, page};

/// The longest head of a request.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// The most fields in it.
const FIELDS_MAX: usize = 64;

/// The version of WebSocket that is spoken.
const WEBSOCKET_VERSION: &[u8] = b"13";

/// What a client speaks inside of a WebSocket ([IRCv3](https://ircv3.net/specs/extensions/websocket)).
const SUBPROTOCOLS: [(&str, Kind); 2] =
    [("text.ircv3.net", Kind::Text), ("binary.ircv3.net", Kind::Binary)];

/// By which names this server goes, and whose pages may talk to it.
///
/// A page of somebody else can make a browser ask for a name of its own choice, which leads here (DNS
/// rebinding). Such a name has a dot, while addresses and the names inside a network mostly have none: so
/// those need not be set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebRules {
    /// Names beside addresses, `localhost`, names without a dot and those in `.local`.
    pub hosts: Vec<String>,
    /// Origins beside that of the page itself, such as `https://chat.example.org`.
    pub origins: Vec<String>,
}

impl WebRules {
    /// Whether the server goes by this name, which may have a port behind it.
    fn is_host(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            // An IPv6 address stands in brackets.
            Some((name, port)) if !port.ends_with(']') => (name, port),
            _ => (host, ""),
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if !port.bytes().all(|digit| digit.is_ascii_digit()) || name.is_empty() {
            return false;
        }
        if let Some(ip) = name.strip_prefix('[') {
            return ip.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok());
        }
        let is_local =
            !name.contains('.') || [".local", ".localhost"].iter().any(|it| name.ends_with(it));
        is_host_name(&name)
            && (is_local
                || name.parse::<Ipv4Addr>().is_ok()
                || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(&name)))
    }

    /// Whether a page of that origin may talk to the server that it calls by this name.
    fn is_origin(&self, origin: &str, host: &str) -> bool {
        let own = ["http://", "https://"].into_iter().find_map(|it| origin.strip_prefix(it));
        own.is_some_and(|own| own.eq_ignore_ascii_case(host))
            || self.origins.iter().any(|known| known.eq_ignore_ascii_case(origin))
    }
}

/// Whether it could be the name of a host, as it stands in addresses of the web.
#[must_use]
pub fn is_host_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.bytes().all(is_plain)
}

/// An answer that is no page ([RFC 9110, 15](https://www.rfc-editor.org/rfc/rfc9110#section-15)).
#[derive(Debug, PartialEq, Eq)]
struct Status {
    code: u16,
    reason: &'static str,
    /// What to do, in a sentence.
    text: &'static str,
    /// A field that belongs to it.
    field: &'static str,
}

impl Status {
    const fn new(code: u16, reason: &'static str, text: &'static str) -> Self {
        Self { code, reason, text, field: "" }
    }

    const fn with(mut self, field: &'static str) -> Self {
        self.field = field;
        self
    }
}

const NO_CONTENT: Status = Status::new(204, "No Content", "");
const MALFORMED: Status =
    Status::new(400, "Bad Request", "This is chatd, and that is no request that it understands.");
const NO_HOST: Status =
    Status::new(400, "Bad Request", "A request says in one Host field whom it is for.");
const NO_BODY: Status = Status::new(
    400,
    "Bad Request",
    "This is chatd, a chat server, and takes no data so. Open its page in a browser.",
);
const FOREIGN_ORIGIN: Status = Status::new(
    403,
    "Forbidden",
    "A page from elsewhere may not talk to this chatd. Whoever runs it can let it: --web-origin.",
);
const NOT_FOUND: Status =
    Status::new(404, "Not Found", "There is nothing here. The chat is at the address / alone.");
const NOT_ALLOWED: Status =
    Status::new(405, "Method Not Allowed", "Only GET and HEAD.").with("Allow: GET, HEAD\r\n");
const TIMEOUT: Status = Status::new(408, "Request Timeout", "The request took too long.");
const NOT_ME: Status = Status::new(
    421,
    "Misdirected Request",
    "This chatd does not know that name as its own. Use its address in place of the name, or let \
     whoever runs it pass the name: --web-host.",
);
const NEEDS_UPGRADE: Status =
    Status::new(426, "Upgrade Required", "Only version 13 of WebSocket is spoken here.")
        .with("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
const TOO_LARGE: Status =
    Status::new(431, "Request Header Fields Too Large", "The request is too long.");
const UNAVAILABLE: Status =
    Status::new(503, "Service Unavailable", "There are too many connections. Try again later.")
        .with("Retry-After: 10\r\n");

/// What is sent with every answer: no browser takes it for what it does not say that it is.
const SAFE: &str = "X-Content-Type-Options: nosniff\r\n\
    Referrer-Policy: no-referrer\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\n\
    Connection: close\r\n";

impl Status {
    fn answer(&self, is_head: bool) -> Vec<u8> {
        let Self { code, reason, text, field } = self;
        let (body, kind) = if text.is_empty() {
            (String::new(), String::new())
        } else {
            let body = format!("{text}\r\n");
            let length = body.len();
            let kind = "Content-Type: text/plain; charset=utf-8";
            (body, format!("{kind}\r\nContent-Length: {length}\r\n"))
        };
        let body = if is_head { "" } else { &body };
        format!("HTTP/1.1 {code} {reason}\r\n{kind}{field}{SAFE}\r\n{body}").into_bytes()
    }
}

/// The answer to a request whose head takes too long, and its number.
#[must_use]
pub fn timeout() -> (Vec<u8>, u16) {
    (TIMEOUT.answer(false), TIMEOUT.code)
}

/// The answer to these first bytes of a connection, if they begin a request, from a server that has no
/// vacancy. A browser begins one even if nothing of it has come yet.
#[must_use]
pub fn turned_away(received: &[u8], is_browser: bool) -> Option<Vec<u8>> {
    let line = received.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or_default();
    let word = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    let is_request = requested(word) == Some(Foreign::Http);
    (is_request || (is_browser && received.is_empty()))
        .then(|| UNAVAILABLE.answer(line.starts_with(b"HEAD ")))
}

/// Collects the head of a request, and answers it.
#[derive(Debug)]
pub struct RequestDecoder {
    head: Vec<u8>,
    /// The head has no end before this.
    searched: usize,
    rules: Arc<WebRules>,
    state: State,
    reply: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It was not said that a request begins. The peer may have been spoken to before, as a person: then no
    /// answer would be understood.
    Begun {
        is_greeted: bool,
        is_too_long: bool,
    },
    Reading,
    TooLong,
    TooLate,
    Upgraded(Kind),
    Answered,
}

/// What is answered to a whole request.
#[derive(Debug, PartialEq, Eq)]
enum Response {
    Status(&'static Status),
    Page,
    /// The page is still the one that the browser has.
    SamePage,
    Upgrade {
        kind: Kind,
        accept: String,
        subprotocol: Option<&'static str>,
    },
}

impl RequestDecoder {
    /// Behind the request line, which has no end yet. `None` if it is too long.
    pub(super) fn new(line: Option<&[u8]>, is_greeted: bool, rules: Arc<WebRules>) -> Self {
        let state = State::Begun { is_greeted, is_too_long: line.is_none() };
        Self {
            head: line.unwrap_or_default().to_vec(),
            searched: 0,
            rules,
            state,
            reply: Vec::new(),
        }
    }

    /// In what messages IRC is spoken from here on, if the request was for a WebSocket.
    pub(super) fn upgraded(&self) -> Option<Kind> {
        if let State::Upgraded(kind) = self.state { Some(kind) } else { None }
    }

    /// Takes bytes from the front of `input` up to the end of the head.
    pub(super) fn step(&mut self, input: &mut &[u8]) -> Step<'_> {
        match self.state {
            State::Begun { is_greeted: false, is_too_long } => {
                self.state = if is_too_long { State::TooLong } else { State::Reading };
                return Step::Requested;
            }
            State::Begun { is_greeted: true, .. } => {
                self.state = State::TooLate;
                return Step::Requested;
            }
            State::TooLate => {
                self.state = State::Answered;
                return Step::End { reply: b"", why: Ending::Foreign(Foreign::Http) };
            }
            State::TooLong => {
                *input = &[];
                return self.answer(Response::Status(&TOO_LARGE), false);
            }
            State::Reading => {}
            State::Upgraded(_) | State::Answered => {
                *input = &[];
                return Step::Incomplete;
            }
        }
        let (before, vacancy) =
            (self.head.len(), (HEAD_BYTES_MAX + 1).saturating_sub(self.head.len()));
        self.head.extend_from_slice(&input[..input.len().min(vacancy)]);
        let end = self.end().filter(|&end| end <= HEAD_BYTES_MAX);
        if end.is_none() && self.head.len() <= HEAD_BYTES_MAX {
            *input = &[];
            return Step::Incomplete;
        }
        let head = mem::take(&mut self.head);
        let Some(end) = end else {
            *input = &[];
            return self.answer(Response::Status(&TOO_LARGE), false);
        };
        *input = &input[end - before..];
        let response = respond(&head[..end], &self.rules);
        if !matches!(response, Response::Upgrade { .. }) {
            // It has no body, whatever follows.
            *input = &[];
        }
        self.answer(response, head.starts_with(b"HEAD "))
    }

    fn answer(&mut self, response: Response, is_head: bool) -> Step<'_> {
        self.state = State::Answered;
        match response {
            Response::Upgrade { kind, accept, subprotocol } => {
                let subprotocol = subprotocol
                    .map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"))
                    .unwrap_or_default();
                self.reply = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Accept: {accept}\r\n{subprotocol}\r\n"
                )
                .into_bytes();
                self.state = State::Upgraded(kind);
                Step::Reply(&self.reply)
            }
            Response::Page => {
                self.reply = page_head();
                Step::Page { head: &self.reply, has_body: !is_head }
            }
            Response::SamePage => {
                let etag = page::etag();
                self.reply = format!(
                    "HTTP/1.1 304 Not Modified\r\nCache-Control: no-cache\r\nETag: {etag}\r\n{SAFE}\r\n"
                )
                .into_bytes();
                Step::End { reply: &self.reply, why: Ending::Answered(304) }
            }
            Response::Status(status) => {
                self.reply = status.answer(is_head);
                Step::End { reply: &self.reply, why: Ending::Answered(status.code) }
            }
        }
    }

    /// Where the head ends: behind an empty line.
    fn end(&mut self) -> Option<usize> {
        let from = self.searched;
        self.searched = self.head.len().saturating_sub(3);
        let found = |end: &[u8]| {
            let at = self.head[from..].windows(end.len()).position(|window| window == end)?;
            Some(from + at + end.len())
        };
        found(b"\n\r\n").into_iter().chain(found(b"\n\n")).min()
    }
}

fn page_head() -> Vec<u8> {
    let (length, etag, policy) = (page::PAGE.len(), page::etag(), page::POLICY);
    format!(
        "HTTP/1.1 200 OK\r\n\
         Content-Type: text/html; charset=utf-8\r\n\
         Content-Length: {length}\r\n\
         Cache-Control: no-cache\r\n\
         ETag: {etag}\r\n\
         Content-Security-Policy: {policy}\r\n\
         {SAFE}\r\n"
    )
    .into_bytes()
}

/// What to answer to a whole head.
fn respond(head: &[u8], rules: &WebRules) -> Response {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut request = Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Response::Status(&TOO_LARGE),
        Ok(httparse::Status::Partial) | Err(_) => return Response::Status(&MALFORMED),
    }
    let host = match check(&request, rules) {
        Ok(host) => host,
        Err(status) => return Response::Status(status),
    };
    if has_token(&request, "Upgrade", "websocket") {
        return upgrade(&request, host, rules).unwrap_or_else(Response::Status);
    }
    match path(request.path.unwrap_or_default()) {
        "/" if field(&request, "If-None-Match").any(|known| known == page::etag().as_bytes()) => {
            Response::SamePage
        }
        "/" => Response::Page,
        "/favicon.ico" => Response::Status(&NO_CONTENT),
        _ => Response::Status(&NOT_FOUND),
    }
}

/// Whether a request may be made here at all, whatever it is for. Returns whom it is for.
fn check<'a>(request: &Request<'_, 'a>, rules: &WebRules) -> Result<&'a str, &'static Status> {
    let mut hosts = field(request, "Host");
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(&NO_HOST) };
    let host = str::from_utf8(host).map_err(|_| &NO_HOST)?;
    if !rules.is_host(host) {
        return Err(&NOT_ME);
    }
    let has_body = field(request, "Transfer-Encoding").next().is_some()
        || field(request, "Content-Length").any(|length| length != b"0");
    if has_body {
        return Err(&NO_BODY);
    }
    if matches!(request.method, Some("GET" | "HEAD")) { Ok(host) } else { Err(&NOT_ALLOWED) }
}

/// Answers a request for a WebSocket ([RFC 6455, 4.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2)), at
/// any path: each client has its own idea of it.
fn upgrade(
    request: &Request<'_, '_>,
    host: &str,
    rules: &WebRules,
) -> Result<Response, &'static Status> {
    // Without one it is no browser, and no page.
    for origin in field(request, "Origin") {
        let origin = str::from_utf8(origin).map_err(|_| &FOREIGN_ORIGIN)?;
        if !rules.is_origin(origin, host) {
            return Err(&FOREIGN_ORIGIN);
        }
    }
    if !field(request, "Sec-WebSocket-Version").eq([WEBSOCKET_VERSION]) {
        return Err(&NEEDS_UPGRADE);
    }
    let is_get = request.method == Some("GET") && request.version == Some(1);
    let mut keys = field(request, "Sec-WebSocket-Key");
    let (Some(key), None) = (keys.next(), keys.next()) else { return Err(&MALFORMED) };
    if !is_get || !has_token(request, "Connection", "Upgrade") || !websocket::is_key(key) {
        return Err(&MALFORMED);
    }
    let known = |wanted: &str| SUBPROTOCOLS.into_iter().find(|(name, _)| *name == wanted);
    let subprotocol = tokens(request, "Sec-WebSocket-Protocol").find_map(known);
    let (name, kind) = subprotocol.map_or((None, Kind::Text), |(name, kind)| (Some(name), kind));
    Ok(Response::Upgrade { kind, accept: websocket::accept(key), subprotocol: name })
}

/// The path of a request's target: without a question behind it, nor the server before it
/// ([RFC 9112, 3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)).
fn path(target: &str) -> &str {
    let target = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    target.split('?').next().unwrap_or_default()
}

/// The values of all fields with this name.
fn field<'r, 'a>(
    request: &'r Request<'_, 'a>,
    name: &'static str,
) -> impl Iterator<Item = &'a [u8]> + use<'r, 'a> {
    let fields: &'r [Header<'a>] = request.headers;
    fields.iter().filter(move |it| it.name.eq_ignore_ascii_case(name)).map(|it| it.value)
}

/// The words of a list, which may stand in several fields.
fn tokens<'r, 'a>(
    request: &'r Request<'_, 'a>,
    name: &'static str,
) -> impl Iterator<Item = &'a str> + use<'r, 'a> {
    let lists = field(request, name).filter_map(|value| str::from_utf8(value).ok());
    lists.flat_map(|list| list.split(',')).map(str::trim)
}

fn has_token(request: &Request<'_, '_>, name: &'static str, wanted: &str) -> bool {
    tokens(request, name).any(|token| token.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Decoder, Format, Protocols, pieces};
    use proptest::prelude::*;

    const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

    fn decoder() -> Decoder {
        let rules = WebRules {
            hosts: vec!["chat.example.org".into()],
            origins: vec!["https://gamja.example.org".into()],
        };
        Decoder::new(Protocols { web: Some(Arc::new(rules)), ..Protocols::default() })
    }

    /// What follows from these reads.
    fn steps(reads: &[&[u8]]) -> Vec<String> {
        let (mut decoder, mut steps) = (decoder(), Vec::new());
        for mut input in reads.iter().copied() {
            loop {
                let mut scratch = String::new();
                let (step, format) = decoder.step(&mut input, false, 4096, &mut scratch);
                if step == Step::Incomplete {
                    break;
                }
                let bytes = if let Step::Reply(bytes)
                | Step::End { reply: bytes, .. }
                | Step::Page { head: bytes, .. } = &step
                {
                    String::from_utf8_lossy(bytes).into_owned()
                } else {
                    String::new()
                };
                let kind = if matches!(format, Format::Irc { .. }) { "irc " } else { "" };
                steps.push(if bytes.is_empty() { format!("{kind}{step:?}") } else { bytes });
            }
            assert!(input.is_empty());
        }
        steps
    }

    /// The first line of the answer to a request with these lines.
    fn answer(lines: &[&str]) -> String {
        let request = lines.join("\r\n") + "\r\n\r\n";
        let steps = steps(&[request.as_bytes()]);
        assert_eq!(steps[0], "Requested", "{lines:?}");
        steps[1].lines().next().unwrap_or_default().to_owned()
    }

    fn upgrade(lines: &[&str]) -> String {
        let mut all =
            vec!["GET /any HTTP/1.1", "Upgrade: websocket", "Connection: keep-alive, Upgrade"];
        all.extend(lines);
        answer(&all)
    }

    #[test]
    fn requests_are_answered_as_they_should_be() {
        let host = "Host: 192.168.1.10:55555";
        for (lines, expected) in [
            (&["GET / HTTP/1.1", host][..], "200 OK"),
            (&["HEAD / HTTP/1.1", host], "200 OK"),
            (&["GET /?x HTTP/1.0", host], "200 OK"),
            (&["GET http://192.168.1.10:55555/ HTTP/1.1", host], "200 OK"),
            (&["GET / HTTP/1.1", host, "Upgrade: h2c", "Connection: Upgrade"], "200 OK"),
            (&["GET /favicon.ico HTTP/1.1", host], "204 No Content"),
            (&["GET /x HTTP/1.1", host], "404 Not Found"),
            (&["GET / HTTP/1.1"], "400 Bad Request"),
            (&["GET / HTTP/1.1", host, host], "400 Bad Request"),
            (&["GET / HTTP/1.1", "no field"], "400 Bad Request"),
            (&["G\u{e9}T / HTTP/1.1", host], "400 Bad Request"),
            (&["GET / HTTP/3.0", host], "400 Bad Request"),
            (&["POST / HTTP/1.1", host, "Content-Length: 3"], "400 Bad Request"),
            (&["GET / HTTP/1.1", host, "Transfer-Encoding: chunked"], "400 Bad Request"),
            (&["POST / HTTP/1.1", host, "Content-Length: 0"], "405 Method Not Allowed"),
            (&["NICK / HTTP/1.1", host], "405 Method Not Allowed"),
            (&["OPTIONS * HTTP/1.1", host], "405 Method Not Allowed"),
            (&["GET / HTTP/1.1", "Host: evil.example.com:55555"], "421 Misdirected Request"),
        ] {
            assert_eq!(answer(lines), format!("HTTP/1.1 {expected}"), "{lines:?}");
        }
        let etag = format!("If-None-Match: {}", page::etag());
        assert_eq!(answer(&["GET / HTTP/1.1", host, &etag]), "HTTP/1.1 304 Not Modified");
        let fields = vec!["X: y"; FIELDS_MAX];
        let many = [vec!["GET / HTTP/1.1", host], fields].concat();
        let too_large = "HTTP/1.1 431 Request Header Fields Too Large";
        assert_eq!(answer(&many), too_large);
        for length in [5000, 7000, 9000, 100_000] {
            let long = format!("GET /{} HTTP/1.1", "x".repeat(length));
            assert_eq!(answer(&[&long, host]), too_large, "{length}");
            let long = format!("X: {}", "x".repeat(length));
            let expected = if length > HEAD_BYTES_MAX { too_large } else { "HTTP/1.1 200 OK" };
            assert_eq!(answer(&["GET / HTTP/1.1", host, &long]), expected, "{length}");
        }
    }

    #[test]
    fn a_websocket_is_opened_for_whoever_may_and_asks_as_it_should() {
        let (host, version) = ("Host: localhost:55555", "Sec-WebSocket-Version: 13");
        let own = "Origin: http://localhost:55555";
        let opened = "101 Switching Protocols";
        for (lines, expected) in [
            (&[host, version, KEY][..], opened),
            (&[host, version, KEY, own], opened),
            (&[host, version, KEY, "Origin: https://gamja.example.org"], opened),
            (&[host, version, KEY, "Origin: http://localhost"], "403 Forbidden"),
            (&[host, version, KEY, "Origin: http://evil.example.com"], "403 Forbidden"),
            (&[host, version, KEY, "Origin: null"], "403 Forbidden"),
            (&[host, version, KEY, own, "Origin: null"], "403 Forbidden"),
            (
                &["Host: evil.example.com", version, KEY, "Origin: http://evil.example.com"],
                "421 Misdirected Request",
            ),
            (&[host, KEY], "426 Upgrade Required"),
            (&[host, "Sec-WebSocket-Version: 8", KEY], "426 Upgrade Required"),
            (&[host, version], "400 Bad Request"),
            (&[host, version, KEY, KEY], "400 Bad Request"),
            (&[host, version, "Sec-WebSocket-Key: c2hvcnQ="], "400 Bad Request"),
        ] {
            assert_eq!(upgrade(lines), format!("HTTP/1.1 {expected}"), "{lines:?}");
        }
        for (offered, agreed) in [
            ("text.ircv3.net, binary.ircv3.net", Some("text.ircv3.net")),
            ("x,binary.ircv3.net,text.ircv3.net", Some("binary.ircv3.net")),
            ("x", None),
        ] {
            let offer = format!("Sec-WebSocket-Protocol: {offered}");
            let lines = [
                "GET / HTTP/1.1",
                host,
                "Upgrade: WebSocket",
                "connection: upgrade",
                version,
                KEY,
                &offer,
            ];
            let request = lines.join("\r\n") + "\r\n\r\n";
            let steps = steps(&[request.as_bytes()]);
            assert!(
                steps[1].contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
            );
            let told =
                steps[1].split("Sec-WebSocket-Protocol: ").nth(1).and_then(|it| it.lines().next());
            assert_eq!(told, agreed);
            assert_eq!(steps[2], "irc Detected");
        }
    }

    #[test]
    fn the_server_goes_by_names_that_nobody_elsewhere_can_have() {
        let rules = WebRules { hosts: vec!["chat.example.org".into()], origins: Vec::new() };
        for host in [
            "192.168.1.10",
            "192.168.1.10:55555",
            "[::1]:55555",
            "[2001:db8::1]",
            "localhost",
            "LOCALHOST:80",
            "raspberrypi:55555",
            "pi.local",
            "pi.local.",
            "chat.example.org:55555",
            "Chat.Example.Org",
            "a.localhost",
        ] {
            assert!(rules.is_host(host), "{host}");
        }
        for host in [
            "",
            ":55555",
            "evil.example.com",
            "chat.example.org.evil.com",
            "192.168.1.10.evil.com",
            "[::1",
            "::1",
            "localhost:x",
            "a/b",
            "user@localhost",
            "256.1.1.1",
            "1.2.3",
            "[localhost]",
            "notlocal.localx",
        ] {
            assert!(!rules.is_host(host), "{host}");
        }
    }

    #[test]
    fn nothing_of_a_request_is_sent_back_or_said() {
        let request = "POST /secret HTTP/1.1\r\nHost: localhost\r\nX: secret\r\nContent-Length: 20\r\n\r\nNICK secret\r\nhello secret\r\n";
        let steps = steps(&[request.as_bytes()]);
        assert_eq!(steps.len(), 2, "{steps:?}");
        assert!(!steps.concat().contains("secret"), "{steps:?}");
    }

    #[test]
    fn whoever_was_taken_for_a_person_is_sent_no_answer() {
        let mut decoder = decoder();
        decoder.assume_text();
        let mut input = &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..];
        let mut scratch = String::new();
        assert_eq!(decoder.step(&mut input, false, 4096, &mut scratch).0, Step::Requested);
        let (step, _) = decoder.step(&mut input, false, 4096, &mut scratch);
        assert_eq!(step, Step::End { reply: b"", why: Ending::Foreign(Foreign::Http) });
    }

    #[test]
    fn who_is_turned_away_is_told_so_in_its_own_words() {
        let turned_away = |bytes: &[u8], is_browser| {
            turned_away(bytes, is_browser).map(|it| String::from_utf8(it).expect("UTF-8"))
        };
        let told = |bytes: &[u8]| turned_away(bytes, false);
        let answer = told(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("later.\r\n"), "{answer}");
        assert!(told(b"HEAD / HTTP/1.1\r\n").expect("an answer").ends_with("\r\n\r\n"));
        assert_eq!(told(b"hello\r\n"), None);
        assert_eq!(told(b""), None);
        assert!(turned_away(b"", true).expect("an answer").starts_with("HTTP/1.1 503 "));
        assert_eq!(turned_away(b"hello\r\n", true), None);
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_steps(
            lines in prop::collection::vec(prop::sample::select(vec![
                "GET / HTTP/1.1", "HEAD /x HTTP/1.1", "Host: localhost", "Host: evil.example.com", "Upgrade: websocket",
                "Connection: Upgrade", "Sec-WebSocket-Version: 13", KEY, "Content-Length: 4", "", "NICK ana", "\n",
            ]), 0..9),
            end in prop::sample::select(vec!["\r\n", "\n"]),
            cuts in prop::collection::vec(0..400usize, 0..6),
        ) {
            let request = format!("GET / HTTP/1.1{end}{}{end}{end}", lines.join(end));
            let whole = steps(&[request.as_bytes()]);
            prop_assert_eq!(steps(&pieces(request.as_bytes(), cuts)), &*whole);
            let single: Vec<&[u8]> = request.as_bytes().chunks(1).collect();
            prop_assert_eq!(steps(&single), &*whole);
        }
    }
}
