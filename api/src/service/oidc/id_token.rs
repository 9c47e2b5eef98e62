//! An identity provider's ID token: whether it is theirs, for us, fresh, and for this very sign-in.

use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, Jwk, JwkSet},
};
use serde_json::Value;

use super::subject::Subject;

/// How far the provider's clock may be from ours, in seconds.
const LEEWAY: i64 = 60;
/// Signatures that only the provider can make. A shared secret is not among them: what we could sign ourselves proves
/// nothing, and a public key must not be taken for one.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What a token has to say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Its key is not among those that we know; perhaps it is new.
    UnknownKey,
    /// Anything else, told to the log alone.
    Other(&'static str),
}

/// Reads a token that one of `keys` signed.
pub(super) fn read(token: &str, keys: &JwkSet, expected: &Expected<'_>, now: Timestamp) -> Result<Subject, Flaw> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Flaw::Other("its header cannot be read"))?;
    if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
        return Err(Flaw::Other("its algorithm is not one that we take"));
    }
    let key = choose(keys, header.kid.as_deref(), header.alg).ok_or(Flaw::UnknownKey)?;
    let decoding = DecodingKey::from_jwk(key).map_err(|_| Flaw::Other("its key cannot be read"))?;
    let mut validation = Validation::new(header.alg);
    // The claims are judged below, at a time that is passed in.
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let claims = jsonwebtoken::decode::<Value>(token, &decoding, &validation)
        .map_err(|_| Flaw::Other("its signature is not the provider's"))?
        .claims;
    judge(&claims, expected, now).map_err(Flaw::Other)?;
    Subject::of(claims)
}

/// The key by its id, or where the token names none, the only one that fits.
fn choose<'a>(keys: &'a JwkSet, id: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let kind = match &key.algorithm {
            AlgorithmParameters::RSA(_) => matches!(
                algorithm,
                Algorithm::RS256
                    | Algorithm::RS384
                    | Algorithm::RS512
                    | Algorithm::PS256
                    | Algorithm::PS384
                    | Algorithm::PS512
            ),
            AlgorithmParameters::EllipticCurve(_) => matches!(algorithm, Algorithm::ES256 | Algorithm::ES384),
            AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
            // Secrets, and whatever is added later.
            _ => false,
        };
        let signs = key.common.public_key_use != Some(jsonwebtoken::jwk::PublicKeyUse::Encryption);
        kind && signs
    };
    let mut fitting = keys.keys.iter().filter(fits);
    match id {
        Some(id) => fitting.find(|key| key.common.key_id.as_deref() == Some(id)),
        None => fitting.next().filter(|_| fitting.next().is_none()),
    }
}

/// What is wrong with the claims (OpenID Connect Core, 3.1.3.7).
fn judge(claims: &Value, expected: &Expected<'_>, now: Timestamp) -> Result<(), &'static str> {
    let now = now.as_second();
    let number = |name: &str| claims[name].as_f64().map(|seconds| seconds as i64);
    let ours = match &claims["aud"] {
        Value::String(audience) => audience == expected.client_id,
        Value::Array(list) => {
            let among = list.iter().any(|audience| audience == expected.client_id);
            // Of several audiences the token has to say who asked for it.
            among && (list.len() == 1 || claims["azp"] == expected.client_id)
        }
        _ => false,
    };
    if claims["iss"] != expected.issuer {
        return Err("its issuer is another");
    }
    if !ours || claims.get("azp").is_some_and(|party| party != expected.client_id) {
        return Err("it is for another client");
    }
    if claims["nonce"] != expected.nonce {
        return Err("it is of another sign-in");
    }
    if number("exp").is_none_or(|end| end.saturating_add(LEEWAY) <= now) {
        return Err("it is expired");
    }
    if number("iat").is_none_or(|made| made.saturating_sub(LEEWAY) > now) {
        return Err("it was made in the future");
    }
    if number("nbf").is_some_and(|start| start.saturating_sub(LEEWAY) > now) {
        return Err("it is not valid yet");
    }
    Ok(())
}
