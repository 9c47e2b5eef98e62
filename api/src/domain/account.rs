//! Accounts of people: what one looks like, and what its e-mail address, name and password may be.

use jiff::Timestamp;

use crate::domain::{
    error::{Code, Error, Result},
    role::{Grant, Right, Role},
};

/// The longest address that mail takes (RFC 5321, 4.5.3.1.3).
const MOST_EMAIL_BYTES: usize = 254;
/// Characters of a name.
const MOST_NAME: usize = 100;
/// Characters of a password. Guessing is slow and limited, so that length is all that is asked for.
const FEWEST_PASSWORD: usize = 12;
/// A longer password would only cost the hash time.
const MOST_PASSWORD: usize = 256;

/// Somebody who may sign in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Internal number.
    pub id: i64,
    /// The name that others know it by.
    pub public_id: String,
    /// The e-mail address, as [`normalise_email`] leaves it.
    pub email: String,
    /// What people call them.
    pub name: String,
    /// What they are, and where.
    pub grants: Vec<Grant>,
    /// Whether there is a password to sign in with.
    pub has_password: bool,
    /// Whether signing in takes a second factor.
    pub has_second_factor: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was disabled.
    pub disabled: Option<Timestamp>,
}

impl Account {
    /// Whether it has `right` on a site, or with none on every site.
    #[must_use]
    pub fn has(&self, right: Right, site: Option<i64>) -> bool {
        self.grants
            .iter()
            .any(|grant| grant.role.gives(right) && (grant.site.is_none() || grant.site == site))
    }

    /// Whether it has `right` anywhere.
    #[must_use]
    pub fn has_somewhere(&self, right: Right) -> bool {
        self.grants.iter().any(|grant| grant.role.gives(right))
    }

    /// Whether it may know that a site exists.
    #[must_use]
    pub fn sees(&self, site: i64) -> bool {
        self.grants.iter().any(|grant| grant.site.is_none_or(|own| own == site))
    }

    /// Whether it owns the organisation and may sign in.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        let owns = |grant: &Grant| grant.role == Role::Owner && grant.site.is_none();
        self.disabled.is_none() && self.grants.iter().any(owns)
    }
}

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// The number of the session.
    pub session: i64,
    /// The name of the session.
    pub session_id: String,
}

/// The one form of an e-mail address: without blanks around it, in lower case.
///
/// # Errors
/// `INVALID_ARGUMENT` for what is none.
pub fn normalise_email(text: &str) -> Result<String> {
    let email = text.trim().to_lowercase();
    let parts = email.split_once('@');
    let well_formed = parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    let plain = !email
        .chars()
        .any(|letter| letter.is_whitespace() || letter.is_control() || "<>,;\"".contains(letter));
    if well_formed && plain && email.len() <= MOST_EMAIL_BYTES {
        Ok(email)
    } else {
        let message = format!("An e-mail address looks like ada@example.com and has at most {MOST_EMAIL_BYTES} bytes.");
        Err(Error::new(Code::InvalidArgument, message).at("email"))
    }
}

/// A name without blanks around it; an empty one becomes the part of the address before the `@`.
///
/// # Errors
/// `INVALID_ARGUMENT` for one that is too long or holds control characters.
pub fn tidy_name(text: &str, email: &str) -> Result<String> {
    let name = text.trim();
    if name.chars().count() > MOST_NAME || name.chars().any(char::is_control) {
        let message = format!("A name has at most {MOST_NAME} characters, and no control characters.");
        return Err(Error::new(Code::InvalidArgument, message).at("name"));
    }
    let local = email.split('@').next().unwrap_or(email);
    Ok(if name.is_empty() { local } else { name }.to_owned())
}

/// Refuses a password that is too easily guessed, or too long to be hashed.
///
/// # Errors
/// `WEAK_PASSWORD`, saying what would be right.
pub fn check_password(password: &str, email: &str) -> Result<()> {
    let refuse = |message: String| Err(Error::new(Code::WeakPassword, message).at("password"));
    let length = password.chars().count();
    let distinct: std::collections::HashSet<_> = password.chars().collect();
    if !(FEWEST_PASSWORD..=MOST_PASSWORD).contains(&length) {
        refuse(format!(
            "A password has {FEWEST_PASSWORD}–{MOST_PASSWORD} characters; this one has {length}."
        ))
    } else if distinct.len() < FEWEST_PASSWORD / 2 {
        refuse("This password repeats a few characters; take others.".to_owned())
    } else if password.to_lowercase() == email {
        refuse("This password is the account's e-mail address; take another.".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        for (text, email) in [
            (" Ada@Example.COM\n", "ada@example.com"),
            ("jürgen+x@bücher.example", "jürgen+x@bücher.example"),
        ] {
            assert_eq!(normalise_email(text).expect("an address"), email);
        }
        for text in ["", "ada", "@", "a@", "@b", "a@b@c", "a b@c", "a@b,c@d", "<a@b>"] {
            assert!(normalise_email(text).is_err(), "{text}");
        }
        assert!(normalise_email(&format!("{}@b", "a".repeat(253))).is_err());
    }

    #[test]
    fn a_password_is_long_and_not_what_everybody_knows() {
        for password in ["correct horse battery", "ünïcödé-pässw", &"abcdef".repeat(40)] {
            assert!(check_password(password, "ada@example.com").is_ok(), "{password}");
        }
        for password in ["", "short", "aaaaaaaaaaaaaaaa", "Ada@Example.com", &"abcdef".repeat(43)] {
            assert!(check_password(password, "ada@example.com").is_err(), "{password}");
        }
    }

    #[test]
    fn a_name_is_tidied() {
        assert_eq!(tidy_name("  Ada  ", "a@b").expect("a name"), "Ada");
        assert_eq!(tidy_name(" ", "ada@b").expect("a name"), "ada");
        assert!(tidy_name(&"a".repeat(101), "a@b").is_err());
        assert!(tidy_name("a\u{7}", "a@b").is_err());
    }
}
