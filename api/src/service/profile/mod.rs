//! Profiles: keeping what doors are told of users and companies, and answering what is known of one.

mod trait_type;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use trait_type::check_types;

use crate::{
    clock,
    domain::{
        caller::Caller,
        condition::{Condition, Op},
        deletion::Filter,
        dimension::Dimension,
        error::{Code, Error, Kind, Result},
        event::{NewEvent, Outcome},
        operation::Operation,
        profile::{Message, NewProfile, Profile, ProfileKind, Said, without_nulls},
        rate::cost,
        site::Site,
        tag::{self, Tag},
        zone::nanoseconds,
    },
    service::{
        Services,
        event::PageOf,
        ingest::{Way, forgive_time},
        snapshot::Snapshot,
    },
    store::{self, Priority, Transaction, is_lost, is_transient, profile},
};

/// Characters of an id.
const MOST_ID: usize = 256;
/// Other names of one actor that are answered, and looked for among events.
const MOST_ALIASES: i64 = 999;
/// Subscriptions of one company that are answered.
const MOST_SUBSCRIPTIONS: i64 = 1_000;
/// Attempts of one transaction that others stand in the way of.
const ATTEMPTS: u32 = 5;

/// Something that is said of users and companies, with the event that quarantine keeps where it is refused.
struct Change {
    what: What,
    kept: NewEvent,
}

enum What {
    Profile(ProfileKind, Box<NewProfile>),
    Alias { previous: String, actor: String },
}

/// An actor or a company, as it is answered.
#[derive(Debug)]
pub struct Known {
    /// Its id.
    pub name: String,
    /// What is said of it, if anything.
    pub profile: Option<Profile>,
    /// The other ids that it has.
    pub aliases: Vec<String>,
    /// What it has subscribed to.
    pub subscriptions: Vec<Profile>,
}

impl Services {
    /// Takes in what a door was told, in order: what is said of users and companies first. Gives what became of each
    /// event, those among them that stand for what was refused otherwise.
    ///
    /// # Errors
    /// As of [`Services::log`]; `RATE_LIMITED` where not all that is said can be taken.
    pub async fn take_in(&self, caller: &Caller, way: Way<'_>, messages: Vec<Message>) -> Result<Vec<Outcome>> {
        let number = i64::try_from(messages.len()).unwrap_or(i64::MAX);
        let (mut events, mut changes) = (Vec::with_capacity(messages.len()), Vec::new());
        for message in messages {
            match message {
                Message::Event(event) => events.push(*event),
                Message::Unreadable(event, fault) => events.push(NewEvent {
                    fault: Some(fault),
                    ..*event
                }),
                Message::Profile(kind, said) => changes.push(Change::of_profile(kind, said)),
                Message::Alias { previous, actor } => changes.push(Change::of_alias(previous, actor)),
            }
        }
        if !changes.is_empty() {
            match self.keep_profiles(caller, way.site, &changes).await {
                Ok(refused) => events.extend(changes.into_iter().zip(refused).filter_map(|(change, error)| {
                    error.map(|fault| NewEvent {
                        fault: Some(fault),
                        ..change.kept
                    })
                })),
                Err(error) => {
                    self.count_unreadable(caller, way, error.code, number).await?;
                    return Err(error);
                }
            }
        }
        if events.is_empty() {
            return Ok(Vec::new());
        }
        self.log(caller, way, events).await
    }

    /// Keeps what is said, all in one transaction; gives for each why it is refused, where it is.
    async fn keep_profiles(
        &self,
        caller: &Caller,
        site: Option<&str>,
        changes: &[Change],
    ) -> Result<Vec<Option<Error>>> {
        caller.permit(Operation::KeepProfiles)?;
        let charged = self.rates.charge_events(caller, changes.len());
        if let Some(error) = charged.refused {
            return Err(error);
        }
        let mut tries = 1;
        loop {
            match self.keep_profiles_once(caller, site, changes).await {
                // To say the same once more changes nothing.
                Err(error) if (is_transient(&error) || is_lost(&error)) && tries < ATTEMPTS => {
                    tokio::time::sleep(std::time::Duration::from_millis(5) * tries).await;
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    async fn keep_profiles_once(
        &self,
        caller: &Caller,
        site: Option<&str>,
        changes: &[Change],
    ) -> Result<Vec<Option<Error>>> {
        let tx = self.database.write(Priority::Append).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::KeepProfiles, site)?;
        let names: BTreeSet<_> = changes.iter().flat_map(Change::names).collect();
        profile::hold_names(&tx, site.id, &names).await?;
        let mut refused = Vec::with_capacity(changes.len());
        for change in changes {
            let kept = match &change.what {
                What::Profile(kind, said) => self.keep_profile(&tx, (caller, &site), *kind, said).await,
                What::Alias { previous, actor } => self.keep_alias(&tx, (caller, &site), previous, actor).await,
            };
            refused.push(match kept {
                Ok(()) => None,
                Err(error) if error.code.kind() == Kind::Caller => Some(error),
                Err(error) => return Err(error),
            });
        }
        tx.commit().await?;
        Ok(refused)
    }

    async fn keep_profile(
        &self,
        tx: &Transaction,
        (caller, site): (&Caller, &Site),
        kind: ProfileKind,
        new: &NewProfile,
    ) -> Result<()> {
        check_id(&new.name, kind.field())?;
        for (text, field) in [(&new.company, "company"), (&new.device, "device")] {
            text.as_deref().map_or(Ok(()), |text| check_id(text, field))?;
        }
        if caller
            .username()
            .is_some_and(|user| kind != ProfileKind::User || user != new.name)
        {
            return Err(foreign());
        }
        let received = clock::now();
        let time = new.time.as_deref();
        let time = time.map_or(received, |text| forgive_time(text, new.sent.as_deref(), site, received));
        let traits = match new.traits.clone() {
            Some(Value::Object(traits)) => self.kept_traits(kind, traits)?,
            Some(Value::Null) | None => None,
            Some(_) => return Err(Error::new(Code::InvalidTag, "Traits are a JSON object.").at("traits")),
        };
        let traits = traits.map(|traits| traits.object).unwrap_or_default();
        check_types(tx, kind, &traits).await?;
        let mut name = new.name.clone();
        if kind == ProfileKind::User {
            if let Some(device) = new.device.as_deref().filter(|device| *device != name) {
                self.identify_device(tx, site, device, &name).await?;
            }
            if let Some(actor) = profile::actor_of(tx, site.id, &name).await? {
                name = actor;
            }
        }
        let mut known = profile::hold(tx, site.id, kind, &name).await?;
        known.hear(Said {
            at: nanoseconds(time),
            traits,
            company: new.company.clone(),
            campaign: new.campaign.clone(),
            sessions: new.sessions.clone(),
        });
        self.write_profile(tx, &known).await
    }

    /// Traits in the form in which they are kept. What a company has subscribed to stays as it was sent; of users and
    /// companies what is `null` says nothing.
    fn kept_traits(&self, kind: ProfileKind, traits: Map<String, Value>) -> Result<Option<Tag>> {
        let limits = self.ingest.tag_limits();
        match kind {
            ProfileKind::Subscription => tag::verbatim(traits, limits),
            ProfileKind::User | ProfileKind::Company => tag::normalise_traits(without_nulls(traits), limits),
        }
    }

    async fn write_profile(&self, tx: &Transaction, known: &Profile) -> Result<()> {
        let text = match self.kept_traits(known.kind, known.traits.clone()) {
            Ok(traits) => traits.map_or_else(|| "{}".to_owned(), |traits| traits.text),
            Err(error) => {
                let message = format!(
                    "With what is known already the traits would be too large. {}",
                    error.message
                );
                return Err(Error::new(error.code, message).at("traits"));
            }
        };
        profile::write(tx, known, &text).await
    }

    /// A device turned out to be a user's: it becomes another name of the first user who says so.
    async fn identify_device(&self, tx: &Transaction, site: &Site, device: &str, user: &str) -> Result<()> {
        if profile::actor_of(tx, site.id, device).await?.is_some() {
            return Ok(());
        }
        self.merge_actors(tx, site, device, user).await
    }

    async fn keep_alias(
        &self,
        tx: &Transaction,
        (caller, site): (&Caller, &Site),
        previous: &str,
        actor: &str,
    ) -> Result<()> {
        check_id(previous, "previousId")?;
        check_id(actor, "actor")?;
        if caller.username().is_some() {
            return Err(foreign());
        }
        self.merge_actors(tx, site, previous, actor).await
    }

    async fn merge_actors(&self, tx: &Transaction, site: &Site, previous: &str, actor: &str) -> Result<()> {
        // Both are held in one order, so that nobody makes each the other's name at the same time.
        let mut ids = [previous, actor];
        ids.sort_unstable();
        for id in ids {
            profile::hold(tx, site.id, ProfileKind::User, id).await?;
        }
        let own = |id: Option<String>, otherwise: &str| id.unwrap_or_else(|| otherwise.to_owned());
        let previous = own(profile::actor_of(tx, site.id, previous).await?, previous);
        let actor = own(profile::actor_of(tx, site.id, actor).await?, actor);
        if previous == actor {
            return Ok(());
        }
        let old = profile::hold(tx, site.id, ProfileKind::User, &previous).await?;
        let mut kept = profile::hold(tx, site.id, ProfileKind::User, &actor).await?;
        let gone = old.id;
        if old.first_seen <= old.last_seen {
            kept.absorb(old);
            self.write_profile(tx, &kept).await?;
        }
        profile::remove(tx, gone).await?;
        profile::set_actor(tx, site.id, &previous, &actor).await
    }

    /// The name of the site that a caller means where it names none.
    #[must_use]
    pub fn site_name(&self, caller: &Caller) -> Option<String> {
        let site = self.registry.current().site(caller, None);
        site.ok().map(|site| site.name.clone())
    }

    /// What is known of an actor, by any of its ids; none of whom nothing was said and nothing is logged.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn actor(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        id: &str,
    ) -> Result<Option<Known>> {
        self.profile_of(snapshot, caller, site, ProfileKind::User, id).await
    }

    /// What is known of a company; none of which nothing was said and nothing is logged.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn company(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        id: &str,
    ) -> Result<Option<Known>> {
        self.profile_of(snapshot, caller, site, ProfileKind::Company, id).await
    }

    async fn profile_of(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        kind: ProfileKind,
        id: &str,
    ) -> Result<Option<Known>> {
        caller.permit(Operation::ReadProfiles)?;
        self.charge_question(snapshot, caller, cost::of_page(1))?;
        if id.contains('\0') {
            return Ok(None);
        }
        let known = {
            let opened = snapshot.hold().await?;
            let site = opened.configuration.admit(caller, Operation::ReadProfiles, site)?;
            let mut name = id.to_owned();
            if kind == ProfileKind::User
                && let Some(actor) = profile::actor_of(&opened.tx, site.id, id).await?
            {
                name = actor;
            }
            Known {
                profile: profile::find(&opened.tx, site.id, kind, &name).await?,
                aliases: match kind {
                    ProfileKind::User => profile::names_of(&opened.tx, site.id, &name, MOST_ALIASES).await?,
                    ProfileKind::Company | ProfileKind::Subscription => Vec::new(),
                },
                subscriptions: match kind {
                    ProfileKind::Company => {
                        profile::subscriptions(&opened.tx, site.id, &name, MOST_SUBSCRIPTIONS).await?
                    }
                    ProfileKind::User | ProfileKind::Subscription => Vec::new(),
                },
                name,
            }
        };
        if known.profile.is_some() || !known.aliases.is_empty() || !known.subscriptions.is_empty() {
            return Ok(Some(known));
        }
        let page = PageOf {
            order: store::event::Order::Time,
            descending: true,
            after: None,
            before: None,
            limit: 1,
        };
        let events = self.events(snapshot, caller, site, &known.events(kind), page).await?;
        Ok((!events.is_empty()).then_some(known))
    }
}

/// All ids of an actor, by any of them: those under which its events are, and its own first.
pub(in crate::service) async fn ids_of(tx: &Transaction, site: i64, id: &str) -> Result<Vec<String>> {
    let own = profile::actor_of(tx, site, id).await?.unwrap_or_else(|| id.to_owned());
    let aliases = profile::names_of(tx, site, &own, MOST_ALIASES).await?;
    Ok(std::iter::once(own).chain(aliases).collect())
}

/// The users whose profiles a deletion reaches: those of whom it takes everything.
pub(in crate::service) fn erased(deleting: &Filter) -> Vec<&str> {
    let [condition] = deleting.conditions.as_slice() else {
        return Vec::new();
    };
    let whole = deleting.span.is_none() && deleting.sequences.is_none() && deleting.predicate.is_none();
    if !whole || condition.dimension != Dimension::Actor || !matches!(condition.op, Op::Eq | Op::In) {
        return Vec::new();
    }
    match &condition.value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

impl Known {
    /// Its events: those of all its ids.
    #[must_use]
    pub fn events(&self, kind: ProfileKind) -> Filter {
        let ids: Vec<Value> = std::iter::once(&self.name)
            .chain(&self.aliases)
            .map(|id| id.as_str().into())
            .collect();
        Filter {
            conditions: vec![Condition {
                dimension: match kind {
                    ProfileKind::User => Dimension::Actor,
                    ProfileKind::Company | ProfileKind::Subscription => Dimension::Company,
                },
                op: Op::In,
                value: ids.into(),
            }],
            ..Filter::default()
        }
    }
}

impl Change {
    /// The ids that it is about.
    fn names(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match &self.what {
            What::Profile(_, said) => (&said.name, said.device.as_ref()),
            What::Alias { previous, actor } => (previous, Some(actor)),
        };
        std::iter::once(first).chain(second).map(String::as_str)
    }

    fn of_profile(kind: ProfileKind, said: Box<NewProfile>) -> Self {
        let is_user = kind == ProfileKind::User;
        let name = Some(said.name.clone());
        let kept = NewEvent {
            action: kind.said().to_owned(),
            actor: name.clone().filter(|_| is_user),
            company: if kind == ProfileKind::Company {
                name
            } else {
                said.company.clone()
            },
            device: said.device.clone(),
            tag: said.traits.clone(),
            time: said.time.clone(),
            sent: said.sent.clone(),
            relayed: true,
            ..NewEvent::default()
        };
        Self {
            what: What::Profile(kind, said),
            kept,
        }
    }

    fn of_alias(previous: String, actor: String) -> Self {
        let kept = NewEvent {
            action: "alias".to_owned(),
            actor: Some(actor.clone()),
            tag: Some(Map::from_iter([("previousId".to_owned(), previous.as_str().into())]).into()),
            relayed: true,
            ..NewEvent::default()
        };
        Self {
            what: What::Alias { previous, actor },
            kept,
        }
    }
}

fn check_id(id: &str, field: &str) -> Result<()> {
    let length = id.chars().count();
    if length == 0 || length > MOST_ID {
        let message = format!("An id has 1–{MOST_ID} characters; this has {length}.");
        return Err(Error::new(Code::TooLong, message).at(field));
    }
    if id.contains('\0') {
        let message = "The text holds the character U+0000, which cannot be stored.";
        return Err(Error::new(Code::InvalidText, message).at(field));
    }
    Ok(())
}

fn foreign() -> Error {
    let message = "This token speaks for one user, and says something of that user alone.";
    Error::new(Code::Forbidden, message).at("actor")
}
