//! Whom an identity provider vouches for, by what its ID token claims and what it tells besides.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::id_token::Flaw;

/// Whom the provider vouches for.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Subject {
    pub(super) sub: String,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    pub(super) email_verified: bool,
    #[serde(default)]
    pub(super) name: Option<String>,
    /// Every claim, of which one names the groups.
    #[serde(skip)]
    pub(super) claims: Value,
}

impl Subject {
    /// Whom claims are about.
    pub(super) fn of(claims: Value) -> Result<Self, Flaw> {
        let mut subject = Self::deserialize(&claims).map_err(|_| Flaw::Other("its claims are not of their types"))?;
        if subject.sub.is_empty() {
            return Err(Flaw::Other("it names nobody"));
        }
        subject.claims = claims;
        Ok(subject)
    }

    /// Takes what the ID token left out from what the provider told when it was asked for more, which has to be about the
    /// same person (OpenID Connect Core, 5.3.2). An address and whether it is verified are of one source.
    pub(super) fn complete(&mut self, told: Value) -> Result<(), Flaw> {
        let told = Self::of(told)?;
        if told.sub != self.sub {
            return Err(Flaw::Other("the provider tells of somebody else"));
        }
        if self.email.is_none() {
            (self.email, self.email_verified) = (told.email, told.email_verified);
        }
        self.name = self.name.take().or(told.name);
        if let (Value::Object(own), Value::Object(more)) = (&mut self.claims, told.claims) {
            for (name, value) in more {
                own.entry(name).or_insert(value);
            }
        }
        Ok(())
    }
}

/// A boolean, which some providers write as a text. Whatever else there is does not say that it is true.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(truth) => truth,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_verified_where_the_provider_says_so() {
        for (said, verified) in [
            (json!(true), true),
            (json!("true"), true),
            (json!("True"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("yes"), false),
            (json!(1), false),
            (Value::Null, false),
        ] {
            let claims = json!({"sub": "ada", "email": "ada@example.com", "email_verified": said});
            let subject = Subject::of(claims).expect("claims");
            assert_eq!(subject.email_verified, verified, "{said}");
        }
        assert!(!Subject::of(json!({"sub": "ada"})).expect("claims").email_verified);
    }

    #[test]
    fn what_the_token_says_stays_and_the_rest_is_of_the_same_person() {
        let mut ada = Subject::of(json!({"sub": "ada", "roles": ["a"]})).expect("claims");
        for told in [json!({"sub": "eve"}), json!({"sub": ""}), json!({}), json!([])] {
            assert!(ada.complete(told).is_err());
        }
        let told = json!({"sub": "ada", "email": "a@b", "email_verified": true, "roles": ["b"], "groups": ["c"]});
        ada.complete(told).expect("of the same");
        assert_eq!((ada.email.as_deref(), ada.email_verified), (Some("a@b"), true));
        assert_eq!(
            (&ada.claims["roles"], &ada.claims["groups"]),
            (&json!(["a"]), &json!(["c"]))
        );
        // Another source does not vouch for the token's own address.
        let mut eve = Subject::of(json!({"sub": "eve", "email": "ada@b"})).expect("claims");
        eve.complete(json!({"sub": "eve", "email": "eve@b", "email_verified": true}))
            .expect("of the same");
        assert_eq!((eve.email.as_deref(), eve.email_verified), (Some("ada@b"), false));
    }
}
