//! The address of the web page, in letters and as a picture for phones.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::net::{IpAddr, SocketAddr};

use qrcodegen::{QrCode, QrCodeEcc};

/// Ports that belong to other services, with which no browser speaks
/// ([Fetch, 2.9](https://fetch.spec.whatwg.org/#port-blocking)).
const BLOCKED: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];

/// How much light a code has around it, in modules. Phones need no more, though the standard asks for twice
/// as much (ISO/IEC 18004, 6.3.8).
const MARGIN: i32 = 2;

/// Black on white, whatever colours the terminal has: a code with light and dark exchanged is not read by all
/// phones.
const COLOURS: &str = "\x1b[38;5;16;48;5;231m";
const USUAL: &str = "\x1b[0m";

/// How large a terminal is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Screen {
    /// That of the terminal to which standard output goes, if it does and understands colours.
    pub(super) fn of_stdout() -> Option<Self> {
        let is_plain =
            std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if is_plain || !io::stdout().is_terminal() {
            return None;
        }
        #[cfg(unix)]
        let size = rustix::termios::tcgetwinsize(io::stdout())
            .ok()
            .map(|size| Self { columns: size.ws_col.into(), rows: size.ws_row.into() });
        #[cfg(not(unix))]
        let size = None;
        size
    }
}

/// Where a browser finds the page. `None` if none would look there.
pub(super) fn url(addr: SocketAddr) -> Option<String> {
    if BLOCKED.contains(&addr.port()) {
        return None;
    }
    let host = match addr.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let port = if addr.port() == 80 { String::new() } else { format!(":{}", addr.port()) };
    Some(format!("http://{host}{port}/"))
}

/// Why there is no such place.
pub(super) fn blocked(port: u16) -> String {
    format!(
        "No browser opens port {port}, which belongs to another service: for the web page take\n\
         another port, such as --bind 0.0.0.0:{}",
        super::DEFAULT_PORT
    )
}

/// An address as a QR code, two modules in each cell. `None` if it does not fit on the screen with the line
/// above it and so many lines below.
pub(super) fn code(url: &str, screen: Screen, lines_below: usize) -> Option<String> {
    let code = QrCode::encode_text(url, QrCodeEcc::Low).ok()?;
    let places = -MARGIN..code.size() + MARGIN;
    let (columns, rows) = (places.len(), places.len().div_ceil(2));
    if columns > screen.columns || rows + 1 + lines_below > screen.rows {
        return None;
    }
    let mut text = String::new();
    for y in places.clone().step_by(2) {
        text.push_str(COLOURS);
        for x in places.clone() {
            text.push(match (code.get_module(x, y), code.get_module(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        let _ = writeln!(text, "{USUAL}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_page() {
        for (addr, expected) in [
            ("192.168.1.10:55555", Some("http://192.168.1.10:55555/")),
            ("[2001:db8::7]:7000", Some("http://[2001:db8::7]:7000/")),
            ("10.0.0.1:80", Some("http://10.0.0.1/")),
            ("10.0.0.1:6667", None),
            ("10.0.0.1:10080", None),
        ] {
            assert_eq!(url(addr.parse().unwrap()).as_deref(), expected, "{addr}");
        }
        assert!(BLOCKED.is_sorted());
    }

    #[test]
    fn a_code_is_shown_where_it_fits() {
        let url = "http://192.168.1.10:55555/";
        let screen = |columns, rows| code(url, Screen { columns, rows }, 6);
        let shown = screen(80, 24).expect("it fits");
        let lines: Vec<&str> = shown.lines().collect();
        let width = |line: &str| line.replace(COLOURS, "").replace(USUAL, "").chars().count();
        assert!(lines.iter().all(|line| width(line) == 29), "{shown}");
        assert_eq!(lines.len(), 15);
        assert!(screen(29, 22).is_some() && screen(28, 22).is_none() && screen(29, 21).is_none());
    }
}
