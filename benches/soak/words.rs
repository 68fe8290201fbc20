//! What is said: harmless text of any length, and anything but that.

use crate::random::Random;

const TEXT: &str = "the quick brown fox jumps over the lazy dog; olá, alguém viu a chave da sala 4? \
                    жили-были, 日本語のテキスト, שלום, 👋🏽 naïve ";

impl Random {
    /// True in one of `of` cases.
    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Words that arrive as they are sent: no control characters, and no white space at the ends. Most
/// are short, some as long as a line may be.
pub(crate) fn harmless(random: &mut Random) -> String {
    let most = *random.pick(&[30, 80, 80, 200, 200, 400, 1000, 1500, 3900]);
    harmless_up_to(most, random)
}

pub(crate) fn harmless_up_to(most: usize, random: &mut Random) -> String {
    let bytes = most / 2 + random.below(most / 2);
    let mut text = TEXT.repeat(bytes / TEXT.len() + 1);
    let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end));
    text.truncate(end.unwrap_or(0));
    text.push('.');
    text
}

/// Something that no well-meaning client sends.
pub(crate) fn garbage(random: &mut Random) -> Vec<u8> {
    const ODD: [&str; 30] = [
        "/nick\n",
        "/nick \u{202e}\n",
        "/nick a b\n",
        "/nick *\n",
        "/nick -x\n",
        "/nick e0\n",
        "/msg\n",
        "/msg nobody x\n",
        "/msg e0\n",
        "/who are you\n",
        "/history -1\n",
        "/history 0\n",
        "/history 99999999999999999999\n",
        "/history x\n",
        "/me\n",
        "/me \t\n",
        "/\n",
        "//\n",
        "/ me\n",
        "/help\n",
        "/HELP\r",
        "/quit\u{0}\n",
        "/nosuch\u{1b}[2J\n",
        "\u{1b}[2J\u{7}\n",
        "\u{2028}\u{202e}\u{feff}\n",
        "\n\n\n\r\r\r\r\n",
        "\r\0\r\0",
        " \t \n",
        "\0\n",
        "\u{85}\n",
    ];
    let mut bytes = |count: usize| (0..count).map(|_| random.next() as u8).collect::<Vec<u8>>();
    let (any, long, kind) = (bytes(150), bytes(2), bytes(1)[0] % 8);
    let length = usize::from(u16::from_le_bytes([long[0], long[1]]));
    match kind {
        0 | 1 => any,
        // Telnet: options asked for, a subnegotiation with no end, a command cut off.
        2 => [&[255, 253, any[0], 255, 251, any[1], 255, 244, 255, 250], &any[..20]].concat(),
        3 => [&any[..20], &[255, 240, 255, 255, 255]].concat(),
        4 => b"caf\xe9 \xf0\x9f\x91 \xed\xa0\x80 \xc0\xaf\n".to_vec(),
        // A line without end, until one comes by chance.
        5 => vec![b'x'; length],
        6 => format!("/nick {}\n", "y".repeat(length)).into_bytes(),
        _ => ODD[usize::from(any[2]) % ODD.len()].as_bytes().to_vec(),
    }
}
