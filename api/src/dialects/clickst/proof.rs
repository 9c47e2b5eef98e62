//! Who calls, and how far they have proved who they are.

use std::sync::Arc;

use super::{super::Entrance, wire::Credentials};
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error, Result},
        signature::Signed,
    },
    service::signature::restricted,
};

/// Who calls, and how far they have proved who they are.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) caller: Arc<Caller>,
    pub(super) is_signed: bool,
}

/// What the address of a request says of who sent it. It is looked at once: a signature is good for one request, and not
/// for each of the calls in it.
pub(super) struct Proof {
    around: Credentials,
    known: Option<Result<Known>>,
}

impl Proof {
    /// By what the address says.
    pub(super) fn new(around: Credentials) -> Self {
        Self { around, known: None }
    }

    /// Who sent the request.
    pub(super) async fn of_request(&mut self, entrance: &Entrance<'_>) -> Result<Known> {
        if let Some(known) = &self.known {
            return known.clone();
        }
        let known = identify(entrance, &self.around).await;
        self.known = Some(known.clone());
        known
    }

    /// Who makes a call that says so itself, or leaves it to the address.
    pub(super) async fn of_call(&mut self, entrance: &Entrance<'_>, own: Credentials) -> Result<Known> {
        let all = own.or(&self.around);
        if all == self.around {
            return self.of_request(entrance).await;
        }
        identify(entrance, &all).await
    }
}

async fn identify(entrance: &Entrance<'_>, credentials: &Credentials) -> Result<Known> {
    let Credentials { key, nonce, signature } = credentials;
    let Some(key) = key.as_deref().filter(|key| !key.is_empty()) else {
        entrance.charge_nobody()?;
        let message = "Send at least `key`: nobody may log or ask without.";
        return Err(Error::new(Code::Forbidden, message).at("key"));
    };
    if nonce.is_none() && signature.is_none() {
        let caller = entrance.caller_by_page(Some(key)).await?;
        let restricted = Caller {
            identity: restricted(caller.identity.clone()),
            ..(*caller).clone()
        };
        return Ok(Known {
            caller: Arc::new(restricted),
            is_signed: false,
        });
    }
    let signed = Signed {
        key,
        nonce: nonce.as_deref().unwrap_or_default(),
        signature: signature.as_deref().unwrap_or_default(),
    };
    let identity = entrance
        .services
        .authenticate_signed(
            signed,
            entrance.connection.origin.as_deref(),
            entrance.connection.address,
        )
        .await?;
    entrance.check_origin()?;
    Ok(Known {
        caller: entrance.note(entrance.connection.caller(identity)),
        is_signed: true,
    })
}
