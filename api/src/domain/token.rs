//! Secrets that a browser or a mail carries: long, random, kept only as a hash.

use super::key::letters;

/// Letters of a secret: 43 letters of 62 hold 256 bits.
pub const SECRET_LETTERS: usize = 43;

/// What a secret is for. Each begins in its own way, so that scanners for leaked secrets can know one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Renews a session.
    Refresh,
    /// Opens a link, once.
    Link,
}

impl Kind {
    fn mark(self) -> &'static str {
        match self {
            Self::Refresh => "tmr_",
            Self::Link => "tml_",
        }
    }

    /// The text of a new secret, made from `random` bytes.
    #[must_use]
    pub fn text(self, random: &[u8; SECRET_LETTERS]) -> String {
        format!("{}{}", self.mark(), letters(random))
    }

    /// Whether `text` can be one.
    #[must_use]
    pub fn is(self, text: &str) -> bool {
        text.strip_prefix(self.mark()).is_some_and(|secret| {
            secret.len() == SECRET_LETTERS && secret.bytes().all(|letter| letter.is_ascii_alphanumeric())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_of_one_kind() {
        let random = std::array::from_fn(|index| u8::try_from(index * 5).expect("small"));
        let text = Kind::Refresh.text(&random);
        assert!(Kind::Refresh.is(&text) && !Kind::Link.is(&text));
        assert!(!Kind::Refresh.is(&text[1..]) && !Kind::Refresh.is(&text[..text.len() - 1]));
        assert!(!Kind::Refresh.is(&text.replace('0', "-")));
    }
}
