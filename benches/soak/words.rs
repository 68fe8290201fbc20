//! What is said: harmless text of any length, and anything but that.

use chatd_support::random::Random;

const TEXT: &str = "the quick brown fox jumps over the lazy dog; olá, alguém viu a chave da sala 4? \
                    жили-были, 日本語のテキスト, שלום, 👋🏽 naïve ";

/// What no well-meaning client sends.
const ODD: [&[u8]; 10] = [
    b"/nick\n",
    b"/nick a b\n",
    b"/msg nobody x\n",
    b"/history 99999999999999999999\n",
    b"/\n//\n/ me\n",
    b"/quit\0\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x1b[2J\x07\n",
    b"caf\xe9 \xf0\x9f\x91 \xed\xa0\x80 \xc0\xaf\n",
    b"\n\n\n\r\r\r\r\n",
];

/// Words of half so many bytes or more that arrive as they are sent: no control characters, and no
/// white space at the ends.
pub(crate) fn words(most: usize, random: &mut Random) -> String {
    let bytes = most / 2 + random.below(most / 2);
    let mut text = TEXT.repeat(bytes / TEXT.len() + 1);
    let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end));
    text.truncate(end.unwrap_or(0));
    text.push('.');
    text
}

pub(crate) fn garbage(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 | 1 => random.bytes(150),
        // Telnet: options asked for, and a subnegotiation with no end.
        2 => [&[255, 253, 1, 255, 251, 200, 255, 244, 255, 250][..], &random.bytes(20)].concat(),
        // A line without end, until one comes by chance.
        3 => vec![b'x'; random.below(65536)],
        4 => format!("/nick {}\n", "y".repeat(random.below(65536))).into_bytes(),
        _ => ODD[random.below(ODD.len())].to_vec(),
    }
}
