//! Single values, as they are typed. What is not allowed is told in a sentence that says what is.

use std::fmt::Display;
use std::str::FromStr;

use crate::chat::name::RoomName;
use crate::chat::text::Text;
use crate::net::listener::Place;
use crate::wire::http::is_host_name;

/// A whole number from `min` to `max`, or without an end.
pub(super) fn whole<T>(text: &str, min: T, max: Option<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display + Copy,
{
    let is_allowed = |number: &T| *number >= min && max.is_none_or(|max| *number <= max);
    text.parse().ok().filter(is_allowed).ok_or_else(|| match max {
        Some(max) => format!("expected a whole number from {min} to {max}"),
        None => format!("expected a whole number from {min} up"),
    })
}

/// A number of bytes, with a unit if it has one.
pub(super) fn parse_bytes(text: &str, min: usize, max: usize) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" => Some(1),
        "K" | "KIB" => Some(1 << 10),
        "M" | "MIB" => Some(1 << 20),
        _ => None,
    };
    let bytes = unit.and_then(|unit: usize| digits.parse::<usize>().ok()?.checked_mul(unit));
    bytes.filter(|bytes| (min..=max).contains(bytes)).ok_or_else(|| {
        let (min, max) = (in_units(min), in_units(max));
        format!("expected a number of bytes from {min} to {max}")
    })
}

/// As it may be typed: `128K`.
pub(super) fn in_units(bytes: usize) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 20) => format!("{}M", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{}K", bytes >> 10),
        _ => bytes.to_string(),
    }
}

/// `0.0.0.0:7000`, `[::1]:7000`, `localhost:7000`, `:7000` or `7000`. No other names: what they
/// stand for may change, and to ask for it may take long.
pub(super) fn parse_place(text: &str) -> Result<Place, String> {
    let text = text.trim();
    let port = |text: &str| text.parse().ok();
    let localhost = |(host, text): (&str, &str)| {
        host.eq_ignore_ascii_case("localhost").then(|| port(text)).flatten()
    };
    let everywhere = port(text.strip_prefix(':').unwrap_or(text)).map(Place::Everywhere);
    let place = text.parse().ok().map(Place::At).or(everywhere);
    place.or_else(|| text.split_once(':').and_then(localhost).map(Place::Localhost)).ok_or_else(
        || {
            "expected an address and a port, such as 0.0.0.0:55555, [::1]:55555 or \
             localhost:55555, or a port alone for all addresses"
                .to_owned()
        },
    )
}

/// The name stands in the greeting, which is one line.
pub(super) fn parse_name(text: &str) -> Result<String, String> {
    let mut scratch = String::new();
    let is_harmless = Text::parse(text.as_bytes(), &mut scratch).as_str() == text;
    if text.trim().is_empty() || text.chars().count() > 64 || !is_harmless || text.contains('\t') {
        return Err("expected 1 to 64 printable characters".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn parse_room(text: &str) -> Result<String, String> {
    RoomName::parse(text).map(|name| name.to_string()).map_err(|_| {
        "expected letters, digits and -_.+&'~=[]{}|^`, in at most 32 columns with its #, such as #lobby".to_owned()
    })
}

/// A name as it stands in addresses of the web, without a port.
pub(super) fn parse_web_host(text: &str) -> Result<String, String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if !is_host_name(name) {
        return Err("expected a name without a port, such as chat.example.org".to_owned());
    }
    Ok(name.to_ascii_lowercase())
}

/// An origin as browsers send it ([RFC 6454, 6.2](https://www.rfc-editor.org/rfc/rfc6454#section-6.2)).
pub(super) fn parse_web_origin(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    let schemes = [("http://", ":80"), ("https://", ":443")];
    let found = schemes.into_iter().find_map(|(scheme, port)| {
        let site = text.strip_prefix(scheme)?;
        // Browsers leave out the port that belongs to the scheme.
        Some((scheme, site.strip_suffix(port).unwrap_or(site)))
    });
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'?' | b'#' | b'*');
    match found {
        Some((scheme, site)) if !site.is_empty() && site.bytes().all(is_plain) => {
            Ok(format!("{scheme}{site}"))
        }
        _ => Err("expected an origin without a path, such as https://chat.example.org".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_bytes("64", 64, 1 << 20), Ok(64));
        assert_eq!(parse_bytes("4k", 64, 1 << 20), Ok(4096));
        assert_eq!(parse_bytes("1MiB", 64, 1 << 20), Ok(1 << 20));
        for wrong in ["", "K", "-1", "63", "2M", "1T", "1.5K", "99999999999999999999", "1é"] {
            assert!(parse_bytes(wrong, 64, 1 << 20).is_err(), "{wrong}");
        }
        let sentence = "expected a number of bytes from 128K to 1024M";
        assert_eq!(parse_bytes("1", 128 << 10, 1 << 30), Err(sentence.to_owned()));
    }

    #[test]
    fn names_and_origins_of_the_web() {
        for (text, host) in [("Chat.Example.Org.", "chat.example.org"), ("pi", "pi")] {
            assert_eq!(parse_web_host(text).as_deref(), Ok(host));
        }
        for (text, origin) in [
            ("https://Chat.example.org", "https://chat.example.org"),
            ("https://a.example:443", "https://a.example"),
            ("http://a.example:80", "http://a.example"),
            ("http://a.example:443", "http://a.example:443"),
            ("http://[::1]:7000", "http://[::1]:7000"),
        ] {
            assert_eq!(parse_web_origin(text).as_deref(), Ok(origin));
        }
        for wrong in ["", ".", "a:80", "a/b", "http://a"] {
            assert!(parse_web_host(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "a", "http://", "ftp://a", "http://a/", "https://*.a", "null"] {
            assert!(parse_web_origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn places() {
        let at = |addr: &str| Place::At(addr.parse().unwrap());
        for (text, place) in [
            ("127.0.0.1:7000", at("127.0.0.1:7000")),
            (" [::]:7000", at("[::]:7000")),
            ("7000", Place::Everywhere(7000)),
            (":7000", Place::Everywhere(7000)),
            ("0", Place::Everywhere(0)),
            ("localhost:7000", Place::Localhost(7000)),
            ("LocalHost:0", Place::Localhost(0)),
        ] {
            assert_eq!(parse_place(text), Ok(place), "{text}");
        }
        for wrong in ["", ":", "localhost", "localhost:", "65536", "-1", "::7000", "a:7000"] {
            let error = parse_place(wrong).unwrap_err();
            assert!(error.contains("such as 0.0.0.0:55555"), "{wrong}: {error}");
        }
    }
}
