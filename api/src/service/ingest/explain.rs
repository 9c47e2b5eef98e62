//! What would become of an event, and why: the steps of ingest one by one, with nothing charged and nothing stored.

use std::{net::IpAddr, sync::Arc};

use super::step::{self, identify_event::Ids};
use crate::{
    clock,
    domain::{
        caller::{Caller, Identity},
        error::{Error, Result},
        event::{Door, Event, NewEvent, Outcome},
        operation::Operation,
        rule::Verdict,
        site::Site,
        tag_type::Refusal,
    },
    service::{
        Services,
        rule::{self, Counted},
        snapshot::{Opened, Snapshot},
        tag::{Purpose, Schema, Subject, Typed},
    },
    store,
};

/// A step that an event goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Shape, lengths and times.
    Shape,
    /// Whether an event with its id is stored.
    Id,
    /// The site's allow and deny lists.
    Rules,
    /// The types of the tag's fields.
    TagTypes,
}

impl Step {
    const ALL: [Self; 4] = [Self::Shape, Self::Id, Self::Rules, Self::TagTypes];
}

/// What a step says.
#[derive(Debug, Clone)]
pub enum Finding {
    /// The event goes on.
    Passed,
    /// The event is stored already.
    Duplicate,
    /// The event is refused.
    Refused(Error),
    /// An earlier step ended the event's way.
    NotReached,
}

/// What would become of an event.
#[derive(Debug)]
pub struct Explanation {
    /// What would become of it.
    pub outcome: Outcome,
    /// What each step says, in order.
    pub steps: Vec<(Step, Finding)>,
    /// The rules that match it, whether they act or not; none where it does not come so far.
    pub rules: Vec<Counted>,
    /// The event as it would be kept, but for the hash of an actor whom nobody names; none where its shape is refused.
    pub event: Option<Arc<Event>>,
}

impl Explanation {
    fn new(outcome: Outcome, last: Step, finding: Finding, event: Option<Arc<Event>>) -> Self {
        let mut steps: Vec<_> = Step::ALL.map(|step| (step, Finding::NotReached)).into();
        for (step, found) in &mut steps {
            if *step == last {
                *found = finding;
                break;
            }
            *found = Finding::Passed;
        }
        Self {
            outcome,
            steps,
            rules: Vec::new(),
            event,
        }
    }

    fn refused(step: Step, error: Error, event: Option<Arc<Event>>) -> Self {
        Self::new(Outcome::Refused(error.clone()), step, Finding::Refused(error), event)
    }
}

impl Services {
    /// Says what would become of an event that the caller logs now; with `public`, of one that a browser logs with a
    /// public key. Then the address and the user agent given are those of its connection, and its country and city count
    /// for nothing.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn explain_event(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        event: NewEvent,
        public: bool,
    ) -> Result<Explanation> {
        caller.permit(Operation::ExplainEvent)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ExplainEvent, site)?;
        let logger = if public {
            browser(caller, &event)
        } else {
            caller.clone()
        };
        let (received, door) = (clock::now(), Door::Graphql);
        let valid = match step::validate_shape::run(event, &site, door, received, self.ingest.tag_limits()) {
            Ok(valid) => valid,
            Err(error) => return Ok(Explanation::refused(Step::Shape, error, None)),
        };
        let ids = step::identify_event::run(&self.hasher, &logger, door, &site, valid.event.ids());
        let (enriched, _) = step::enrich_event::run(&self.ingest, &logger, door, &site, valid, &ids);
        // An unnamed actor's hash would need a salt, which is stored when it is first used.
        let (event, ip) = step::name_actor::keep(&site, enriched);
        let judged = step::judge_event::run(&opened.configuration, &event, ip, received);
        let public = !logger.is_trusted();
        explain(&opened, &site, (Arc::new(event), public), &ids, judged.verdict).await
    }
}

/// A browser that logs the event with a public key.
fn browser(caller: &Caller, event: &NewEvent) -> Caller {
    let ip = event.ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
    let user_agent = event.user_agent.clone().filter(|agent| !agent.is_empty());
    Caller {
        identity: Identity::Anonymous,
        address: ip.or(caller.address),
        user_agent: user_agent.or_else(|| caller.user_agent.clone()),
        ..caller.clone()
    }
}

async fn explain(
    opened: &Opened,
    site: &Site,
    (event, public): (Arc<Event>, bool),
    ids: &Ids,
    verdict: Verdict,
) -> Result<Explanation> {
    let known = store::known(&opened.tx, &ids.candidates).await?;
    if ids.candidates.iter().any(|uid| known.get(uid) == Some(&site.id)) {
        let outcome = Outcome::Duplicate { id: event.id.clone() };
        return Ok(Explanation::new(outcome, Step::Id, Finding::Duplicate, Some(event)));
    }
    let matching = store::rule::by_number(&opened.tx, &verdict.hits).await?;
    let rules = rule::count(&opened.tx, site, matching).await?;
    let explanation = match verdict.refusal {
        Some(refusal) => Explanation::refused(Step::Rules, refusal.into(), Some(event)),
        None => match fits(opened, &event, public).await? {
            Some(refusal) => Explanation::refused(Step::TagTypes, refusal.error(), Some(event)),
            None => {
                let outcome = Outcome::Accepted(event.clone());
                Explanation::new(outcome, Step::TagTypes, Finding::Passed, Some(event))
            }
        },
    };
    Ok(Explanation { rules, ..explanation })
}

/// Why the tag schema would refuse the event, if it would.
async fn fits(opened: &Opened, event: &Event, public: bool) -> Result<Option<Box<Refusal>>> {
    let subject = Subject {
        event,
        public,
        typed: &Typed::default(),
    };
    let subjects = std::iter::once(subject);
    let mut schema = Schema::open(&opened.tx, &opened.configuration, subjects, Purpose::Look, clock::now()).await?;
    Ok(schema.judge(subject).err())
}
