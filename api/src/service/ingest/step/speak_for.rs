//! Whom a caller speaks for: the user that a client token names is the actor, and nobody else is.

use crate::domain::{
    caller::Caller,
    error::{Code, Error, Result},
    event::NewEvent,
};

/// Gives the event of a token's user its actor.
///
/// # Errors
/// `FORBIDDEN` where the event states another actor: a frontend cannot speak for others.
pub(in crate::service::ingest) fn run(caller: &Caller, mut event: NewEvent) -> Result<NewEvent> {
    let Some(user) = caller.username() else {
        return Ok(event);
    };
    match &event.actor {
        // Whoever wants not to be named is not.
        None if event.anonymous => {}
        None => event.actor = Some(user.to_owned()),
        Some(actor) if actor == user => {}
        Some(_) => {
            let message = "This token speaks for one user, who is the actor of its events; leave `actor` out.";
            return Err(Error::new(Code::Forbidden, message).at("actor"));
        }
    }
    Ok(event)
}
