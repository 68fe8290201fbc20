//! The page that browsers are given: one file, with its style and its script, so that one request is all.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The page.
pub const PAGE: &[u8] = include_bytes!("page.html");

/// What the page may do ([CSP](https://www.w3.org/TR/CSP3/)): run its own script, which is known by its hash,
/// and talk to where it came from. Whatever somebody says in a room cannot become more than text.
pub(super) const POLICY: &str = concat!(
    "default-src 'none'; ",
    "script-src 'sha256-d+xQOhFgiOMMrP9c+kSSa63e517sUwra2VHjyLYXjnU='; ",
    "style-src 'sha256-SIf3ewmMQlgKstvvec0xvaxBm080U22JJ+xrcXDzKyE='; ",
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ",
    "require-trusted-types-for 'script'"
);

/// Tells this page from earlier ones ([RFC 9110, 8.8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3)).
pub(super) fn etag() -> &'static str {
    static ETAG: LazyLock<String> = LazyLock::new(|| {
        let digest = sha1_smol::Sha1::from(PAGE).digest();
        format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest.bytes()))
    });
    &ETAG
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    /// What stands in the only element of this name.
    fn element(name: &str) -> &'static str {
        let page = str::from_utf8(PAGE).expect("UTF-8");
        let parts: Vec<&str> = page.split(&format!("<{name}>")).collect();
        assert_eq!(parts.len(), 2, "one <{name}>, without attributes");
        parts[1].split(&format!("</{name}>")).next().expect("its end")
    }

    #[test]
    fn the_policy_allows_the_style_and_the_script_of_the_page_and_no_others() {
        for name in ["script", "style"] {
            let hash = STANDARD.encode(Sha256::digest(element(name)));
            let allowed = format!("{name}-src 'sha256-{hash}';");
            assert!(POLICY.contains(&allowed), "the page has changed: POLICY is to say {allowed}");
        }
    }

    #[test]
    fn the_page_is_small_and_asks_for_nothing_elsewhere() {
        assert!(PAGE.len() < 60_000, "{} bytes", PAGE.len());
        let page = str::from_utf8(PAGE).expect("UTF-8");
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            " style=",
            "src=",
            " onclick=",
        ] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}
