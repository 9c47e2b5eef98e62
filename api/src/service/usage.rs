//! What people do with a search page: the visits that it is part of, whom it may name, and the tokens by which such a
//! page logs.

use std::time::Duration;

use uuid::Uuid;

use super::{
    Services,
    client_token::{MintedToken, NewToken},
};
use crate::{
    clock,
    domain::{
        caller::Caller,
        client_token::{ClientClaims, LONGEST_LIFE},
        error::{Code, Error, Result},
        event::{Door, NewEvent, Outcome},
        key::Permission,
        operation::Operation,
        rate::Budget,
        usage::{Fault, Usage},
    },
};

/// The life of a token that a search page gets, in milliseconds: at least a quarter of an hour.
const SHORTEST_MILLISECONDS: i64 = 15 * 60 * 1_000;

/// A click as GraphQL takes it.
pub struct NewClick {
    /// The site; the key's where left out.
    pub site: Option<String>,
    /// What was read of it.
    pub usage: Usage,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// The client's id of the event.
    pub id: Option<String>,
    /// When it happened, in RFC 3339.
    pub time: Option<String>,
}

impl Services {
    /// The visit in which a visitor does something now; `told` is the one that its browser remembers.
    #[must_use]
    pub fn visit(&self, visitor: &str, told: Option<Uuid>) -> Uuid {
        self.visits.at(&self.hasher, visitor, told, (clock::now(), true))
    }

    /// The visit in which a visitor is, or would be if it did something now.
    #[must_use]
    pub fn visit_of(&self, visitor: &str, told: Option<Uuid>) -> Uuid {
        self.visits.at(&self.hasher, visitor, told, (clock::now(), false))
    }

    /// Lets pass whoever may do `operation`, and whose token is for this organisation.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `FORBIDDEN`.
    pub fn permit_usage(&self, caller: &Caller, operation: Operation, organization: Option<&str>) -> Result<()> {
        caller.permit(operation)?;
        let own = caller.token().and_then(|token| token.claims.organization.as_deref());
        match (own, organization) {
            (Some(own), Some(named)) if own != named => {
                let message = "This token is for another organization.";
                Err(Error::new(Code::Forbidden, message).at("organization"))
            }
            _ => Ok(()),
        }
    }

    /// Charges for events that are looked at and not logged, as if they were.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub fn charge_validation(&self, caller: &Caller, events: usize) -> Result<()> {
        self.rates.charge_events(caller, events).refused.map_or(Ok(()), Err)
    }

    /// Logs a click; gives what became of it.
    ///
    /// # Errors
    /// As of [`Services::log`].
    pub async fn log_click(&self, caller: &Caller, click: NewClick) -> Result<Vec<Outcome>> {
        let NewClick {
            site,
            usage,
            faults,
            id,
            time,
        } = click;
        let own = caller.username();
        let foreign = usage.text("username").is_some_and(|user| Some(user) != own) && !caller.speaks_for_others();
        let fault = faults.into_iter().next().map(Error::from).or_else(|| {
            let message = "To name a user takes the permission “impersonate”.";
            foreign.then(|| Error::new(Code::Forbidden, message).at("username"))
        });
        let visitor = usage.client();
        let visit = visitor.as_deref().map(|visitor| self.visit(visitor, None));
        let event = NewEvent {
            id,
            time,
            fault,
            session: visit.map(|visit| visit.to_string()),
            ..usage.event(caller, visitor).0
        };
        self.log_each(caller, Door::Graphql, vec![site], vec![event]).await
    }

    /// Mints the token by which a search page logs as its user. `milliseconds` is its life, a day where left out.
    ///
    /// # Errors
    /// As of [`Services::create_client_token`].
    pub async fn create_search_token(
        &self,
        caller: &Caller,
        site: Option<String>,
        claims: ClientClaims,
        milliseconds: Option<i64>,
    ) -> Result<MintedToken> {
        let longest = i64::try_from(LONGEST_LIFE.as_millis()).unwrap_or(i64::MAX);
        let milliseconds = milliseconds.unwrap_or(longest);
        if !(SHORTEST_MILLISECONDS..=longest).contains(&milliseconds) {
            let message = format!("A token holds for {SHORTEST_MILLISECONDS}–{longest} milliseconds.");
            return Err(Error::new(Code::InvalidArgument, message).at("validFor"));
        }
        self.rates.charge(caller, Budget::Manage, 1)?;
        let new = NewToken {
            site: site.filter(|_| caller.own_site().is_none()),
            permissions: [Permission::Log].into_iter().collect(),
            life: Some(Duration::from_millis(milliseconds.unsigned_abs())),
            claims,
        };
        self.mint_for_frontend(caller, Operation::CreateSearchToken, new).await
    }
}
