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
/// How often it is looked whether somebody has signed in again: milliseconds.
const LOOK: i32 = 200;

/// Whether somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Not known yet: nothing is shown, so that no sign-in page flashes up.
    Unknown,
    /// Not known: to ask did not work.
    Failed(Failure),
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
    /// Whether the session of whoever is signed in has ended by itself. The page stays as it is, with all that was typed
    /// into it, until they have signed in again; what it asks the server meanwhile waits.
    over: RwSignal<bool>,
    /// The renewal under way: whoever needs a token meanwhile waits for the same.
    renewal: StoredValue<Option<Renewal>, LocalStorage>,
}

impl Session {
    /// Offers the session to all components, and looks whether there is one.
    pub(crate) fn provide() -> Self {
        let session = Self {
            presence: RwSignal::new(Presence::Unknown),
            over: RwSignal::new(false),
            renewal: StoredValue::new_local(None),
        };
        provide_context(session);
        leptos::task::spawn_local(session.look());
        session
    }

    /// Looks whether there is a session: as the page is loaded, once more where that did not work, and where another tab
    /// may have begun one.
    pub(crate) async fn look(self) {
        if matches!(self.presence.get_untracked(), Presence::Failed(_)) {
            self.presence.set(Presence::Unknown);
        }
        let found = self.ask().await;
        if let (Err(failure), None) = (found, self.access()) {
            self.presence.set(match failure {
                Failure::SignedOut => Presence::Out,
                other => Presence::Failed(other),
            });
        }
    }

    /// Whether somebody is signed in.
    pub(crate) fn presence(self) -> Presence {
        self.presence.get()
    }

    /// Whether the session of whoever is signed in is over.
    pub(crate) fn is_over(self) -> bool {
        self.over.get()
    }

    /// The e-mail address of whoever is signed in.
    pub(crate) fn email(self) -> String {
        self.access().map(|access| access.account.email).unwrap_or_default()
    }

    /// A token that works; where the session is over, once there is another.
    pub(crate) async fn token(self) -> Result<String, Failure> {
        if self.over.get_untracked() {
            return self.entered_again().await;
        }
        match self.access() {
            Some(access) if access.expires_at.milliseconds() - EARLY > browser::now() => Ok(access.token),
            Some(_) => self.renew().await,
            None => Err(Failure::SignedOut),
        }
    }

    /// A fresh token; where the session is over, once there is another.
    pub(crate) async fn renew(self) -> Result<String, Failure> {
        let renewed = self.ask().await;
        if renewed == Err(Failure::SignedOut) && self.access().is_some() {
            self.over.set(true);
            return self.entered_again().await;
        }
        renewed
    }

    async fn entered_again(self) -> Result<String, Failure> {
        while self.over.get_untracked() {
            browser::pause(LOOK).await;
        }
        self.access().map(|access| access.token).ok_or(Failure::SignedOut)
    }

    /// Renews the token; several calls at once make one request. Other tabs make theirs, and are given the same.
    async fn ask(self) -> Result<String, Failure> {
        let renewal = match self.renewal.get_value() {
            Some(renewal) => renewal,
            None => {
                let renewal = async move {
                    let renewed = session::renew().await;
                    self.renewal.set_value(None);
                    renewed
                };
                let renewal = renewal.boxed_local().shared();
                self.renewal.set_value(Some(renewal.clone()));
                // Also where whoever asked is gone by then: others may wait.
                leptos::task::spawn_local(renewal.clone().map(drop));
                renewal
            }
        };
        self.enter(renewal.await?)
    }

    /// Signs somebody in.
    pub(crate) async fn sign_in(self, credentials: &Credentials) -> Result<(), Failure> {
        if let Some(renewal) = self.renewal.get_value() {
            // Its answer takes back the cookie of a session that is over; not the one that comes of this.
            let _ = renewal.await;
        }
        self.enter(session::sign_in(credentials).await?).map(drop)
    }

    /// Signs out, here and on the server.
    pub(crate) async fn sign_out(self) -> Result<(), Failure> {
        session::sign_out().await?;
        self.leave();
        Ok(())
    }

    /// Nobody is signed in any more. The sign-in page is loaded: what they have seen is not in this program after that, and
    /// nothing that is still under way comes back to a page that is gone.
    pub(crate) fn leave(self) {
        // Until it is loaded nothing more is asked.
        self.presence.update_untracked(|now| *now = Presence::Out);
        let (path, search) = browser::path_and_search();
        browser::leave_for(&sign_in_for(&path, &search));
    }

    /// Takes note of who is signed in; gives the token. What is shown depends on them, not on the token of the moment.
    fn enter(self, access: Access) -> Result<String, Failure> {
        let token = access.token.clone();
        match self.access() {
            // In another tab somebody else has signed in: what is on this page, and under way, is not theirs.
            Some(before) if before.account != access.account => {
                browser::reload();
                return Err(Failure::SignedOut);
            }
            Some(_) => self.presence.update_untracked(|now| *now = Presence::In(access)),
            None => self.presence.set(Presence::In(access)),
        }
        self.over.set(false);
        Ok(token)
    }

    fn access(self) -> Option<Access> {
        match self.presence.get_untracked() {
            Presence::In(access) => Some(access),
            _ => None,
        }
    }
}
