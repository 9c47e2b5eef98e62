//! Whether somebody is signed in. The access token lives here alone, in memory; the cookie that renews it is the server's.

use futures_util::future::{FutureExt as _, LocalBoxFuture, Shared};
use leptos::prelude::*;

use crate::{
    api::{
        failure::Failure,
        session::{self, Access, Credentials},
    },
    browser,
    route::sign_in_for,
};

/// A token is renewed this long before it stops working: milliseconds.
const EARLY: f64 = 30_000.0;

/// Whether somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Not known yet: nothing is shown, so that no sign-in page flashes up.
    Unknown,
    /// Nobody is.
    Out,
    /// Somebody is.
    In(Access),
}

type Renewal = Shared<LocalBoxFuture<'static, Result<Access, Failure>>>;

/// The session of this browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    presence: RwSignal<Presence>,
    /// The renewal under way: whoever needs a token meanwhile waits for the same.
    renewal: StoredValue<Option<Renewal>, LocalStorage>,
}

impl Session {
    /// Offers the session to all components, and looks whether there is one.
    pub(crate) fn provide() -> Self {
        let session = Self {
            presence: RwSignal::new(Presence::Unknown),
            renewal: StoredValue::new_local(None),
        };
        provide_context(session);
        leptos::task::spawn_local(async move {
            if session.renew().await == Err(Failure::Unreachable) {
                // Whether there is one shows at the next attempt.
                session.presence.set(Presence::Out);
            }
        });
        session
    }

    /// Whether somebody is signed in.
    pub(crate) fn presence(self) -> Presence {
        self.presence.get()
    }

    /// A token that works.
    pub(crate) async fn token(self) -> Result<String, Failure> {
        match self.presence.get_untracked() {
            Presence::In(access) if access.expires_at.milliseconds() - EARLY > browser::now() => Ok(access.token),
            Presence::Out => Err(Failure::SignedOut),
            Presence::In(_) | Presence::Unknown => self.renew().await,
        }
    }

    /// Renews the token; several calls at once make one request.
    pub(crate) async fn renew(self) -> Result<String, Failure> {
        let renewal = match self.renewal.get_value() {
            Some(renewal) => renewal,
            None => {
                let renewal = session::renew().boxed_local().shared();
                self.renewal.set_value(Some(renewal.clone()));
                renewal
            }
        };
        let renewed = renewal.await;
        self.renewal.set_value(None);
        match renewed {
            Ok(access) => {
                let token = access.token.clone();
                self.enter(access);
                Ok(token)
            }
            Err(failure) => {
                if failure == Failure::SignedOut {
                    self.leave();
                }
                Err(failure)
            }
        }
    }

    /// Signs somebody in.
    pub(crate) async fn sign_in(self, credentials: &Credentials) -> Result<(), Failure> {
        self.enter(session::sign_in(credentials).await?);
        Ok(())
    }

    /// Signs out, here and on the server.
    pub(crate) async fn sign_out(self) -> Result<(), Failure> {
        session::sign_out().await?;
        self.leave();
        Ok(())
    }

    /// Nobody is signed in any more. Where somebody was, the sign-in page is loaded: what they have seen is not in this
    /// program after that, and nothing that is still under way comes back to a page that is gone.
    fn leave(self) {
        if matches!(self.presence.get_untracked(), Presence::In(_)) {
            let (path, search) = browser::path_and_search();
            browser::leave_for(&sign_in_for(&path, &search));
        } else {
            self.presence.set(Presence::Out);
        }
    }

    /// What is shown depends on who is signed in, not on the token of the moment.
    fn enter(self, access: Access) {
        let was_in = matches!(self.presence.get_untracked(), Presence::In(_));
        let presence = Presence::In(access);
        if was_in {
            self.presence.update_untracked(|now| *now = presence);
        } else {
            self.presence.set(presence);
        }
    }
}
