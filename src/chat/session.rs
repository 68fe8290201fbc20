//! Who takes part.

use std::fmt::{self, Write};

/// A seat in the chat. Keys are used again for others, with another generation: an answer that comes
/// too late reaches nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    key: u32,
    generation: u32,
}

impl SessionId {
    /// Before all others.
    pub(super) const MIN: Self = Self { key: 0, generation: 0 };
    /// Behind all others.
    pub(super) const MAX: Self = Self { key: u32::MAX, generation: u32::MAX };

    /// The session with this key, for the time that `generation` stands for.
    ///
    /// # Panics
    ///
    /// If the key is not below 2^32: there are not so many connections.
    #[must_use]
    pub fn new(key: usize, generation: u32) -> Self {
        Self {
            key: u32::try_from(key).expect("as many connections have no descriptors"),
            generation,
        }
    }

    /// Its place in a table: small, and used again.
    #[must_use]
    pub fn key(self) -> usize {
        self.key as usize
    }
}

/// Where somebody comes from, as far as others may know: the same for everybody from one address, and
/// nobody can tell which. Operators of rooms ban cloaks. `localhost` stands for all who come through
/// the machine itself, perhaps by a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cloak {
    /// The machine of the server.
    Local,
    /// A keyed hash of an address, and one of the network around it.
    Hashed {
        /// Of the address: an IPv4 address, or an IPv6 network of 64 bits.
        address: u64,
        /// Of its network: 24 bits of IPv4, or 48 of IPv6.
        network: u32,
    },
}

/// The longest cloak, in bytes.
pub(super) const CLOAK_BYTES_MAX: usize = 13 + ".".len() + 4 + ".ip".len();

/// The digits of base 32 (RFC 4648, section 6), in lower case.
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl fmt::Display for Cloak {
    /// `6fj3kq2w7xa2b.mz5d.ip`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Hashed { address, network } = *self else { return f.write_str("localhost") };
        write_digits(address, 13, f)?;
        f.write_str(".")?;
        write_digits(u64::from(network), 4, f)?;
        f.write_str(".ip")
    }
}

fn write_digits(number: u64, digits: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    (0..digits).try_for_each(|digit| {
        let digit = (number >> (5 * digit)) & 31;
        f.write_char(char::from(DIGITS[digit as usize]))
    })
}
