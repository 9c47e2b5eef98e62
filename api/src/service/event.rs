//! Raw events: one by id, pages of them, and the actions that occur. What is older than the site keeps is gone from all
//! of them at once, also while retention is still at work on the disk.

use std::{borrow::Cow, net::IpAddr};

use serde_json::Value;
use uuid::Uuid;

use super::{
    Services,
    ingest::hash_id,
    snapshot::{Opened, Snapshot},
    timing,
};
use crate::{
    domain::{
        caller::Caller,
        condition::Condition,
        deletion::Filter,
        dimension::Dimension,
        error::Result,
        event::{Event, KNOWN_ACTIONS},
        operation::Operation,
        period::Span,
        predicate::{Facts, RESERVED_KEYS, Text},
        question::{Find, RowOrder, Source},
        rate::cost,
        site::Site,
        zone::Days,
    },
    store::{self, event::Page},
};

pub use crate::store::event::{Order, Place};

/// Which page.
#[derive(Debug, Clone, Copy)]
pub struct PageOf {
    /// Ordered by what.
    pub order: Order,
    /// The latest first.
    pub descending: bool,
    /// Only events past this place.
    pub after: Option<Place>,
    /// Only events before this place.
    pub before: Option<Place>,
    /// At most so many.
    pub limit: usize,
}

/// An action, how often and when.
#[derive(Debug, Clone)]
pub struct ActionSeen {
    /// The action.
    pub name: String,
    /// How many events.
    pub count: i64,
    /// The time of the first and of the last, in nanoseconds since 1970.
    pub seen: Option<(i64, i64)>,
    /// Whether it is known from the start.
    pub built_in: bool,
}

impl Services {
    /// One living event by its public id.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn event(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        id: &str,
    ) -> Result<Option<Event>> {
        caller.permit(Operation::ReadEvents)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ReadEvents, site)?;
        let found = self.living(&opened, &site, &[id.to_owned()]).await?;
        Ok(found.into_iter().next().map(|(_, event)| event))
    }

    /// Living events by their public ids, each with the id it was asked by.
    pub(super) async fn living(&self, opened: &Opened, site: &Site, ids: &[String]) -> Result<Vec<(String, Event)>> {
        let mut wanted = std::collections::HashMap::new();
        for id in ids {
            // A backend's id, a browser's, or one of our own.
            wanted.insert(hash_id(&self.hasher, site.id, false, id), id);
            wanted.insert(hash_id(&self.hasher, site.id, true, id), id);
            if let Ok(uuid) = Uuid::parse_str(id) {
                wanted.insert(uuid.into_bytes(), id);
            }
        }
        let uids: Vec<_> = wanted.keys().copied().collect();
        let tombstones = opened.tombstones(site.id);
        let kept = Filter::default().since(site.raw_floor);
        let events = store::event::by_uid(&opened.tx, &self.hasher, site.id, &uids, &kept, &tombstones).await?;
        let named = events
            .into_iter()
            .filter_map(|event| Some(((*wanted.get(&event.uid)?).clone(), event)));
        Ok(named.collect())
    }

    /// A page of living events.
    ///
    /// # Errors
    /// No permission, an unknown site, or `DEADLINE_EXCEEDED`.
    pub async fn events(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        filter: &Filter,
        page: PageOf,
    ) -> Result<Vec<Event>> {
        let asked = self.read_page(snapshot, caller, site, filter, page);
        self.time_question("events", |_| timing::RAW, asked).await
    }

    async fn read_page(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        filter: &Filter,
        page: PageOf,
    ) -> Result<Vec<Event>> {
        caller.permit(Operation::ReadEvents)?;
        self.charge_question(snapshot, caller, cost::of_page(page.limit))?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ReadEvents, site)?;
        let tombstones = opened.tombstones(site.id);
        let filter = filter.clone().since(site.raw_floor);
        let page = Page {
            hasher: &self.hasher,
            site: site.id,
            filter: &filter,
            tombstones: &tombstones,
            order: page.order,
            descending: page.descending,
            after: page.after,
            before: page.before,
            limit: page.limit,
        };
        store::event::page(&opened.tx, &page).await
    }

    /// When the earliest of a site's events happened, in nanoseconds since 1970.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn first_event(&self, snapshot: &Snapshot, caller: &Caller, site: Option<&str>) -> Result<Option<i64>> {
        let page = PageOf {
            order: Order::Time,
            descending: false,
            after: None,
            before: None,
            limit: 1,
        };
        let first = self.events(snapshot, caller, site, &Filter::default(), page).await?;
        Ok(first.first().map(|event| crate::domain::zone::nanoseconds(event.time)))
    }

    /// The actions of a site: those that occur, and those known from the start.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn actions(&self, snapshot: &Snapshot, caller: &Caller, site: Option<&str>) -> Result<Vec<ActionSeen>> {
        let asked = self.look_for_actions(snapshot, caller, site);
        // Which there are, and when, raw events tell; how often, mostly the view.
        self.time_question("actions", |_| timing::name(Source::Both), asked)
            .await
    }

    async fn look_for_actions(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
    ) -> Result<Vec<ActionSeen>> {
        caller.permit(Operation::ListActions)?;
        let (seen, mut days) = {
            let opened = snapshot.hold().await?;
            let own = opened.configuration.admit(caller, Operation::ListActions, site)?;
            let tombstones = opened.tombstones(own.id);
            let kept = Filter::default().since(own.raw_floor);
            let seen = store::event::actions(&opened.tx, &self.hasher, own.id, &kept, &tombstones).await?;
            (seen, Days::new(own.time_zone.clone()))
        };
        let mut actions: Vec<_> = seen
            .into_iter()
            .map(|(name, from, to)| ActionSeen {
                built_in: KNOWN_ACTIONS.contains(&name.as_str()),
                name,
                count: 0,
                seen: Some((from, to)),
            })
            .collect();
        let from = actions.iter().filter_map(|action| action.seen).map(|seen| seen.0).min();
        let to = actions.iter().filter_map(|action| action.seen).map(|seen| seen.1).max();
        if let Some((from, to)) = from.zip(to) {
            // Whole days need no raw events, which retention may be removing.
            let (from, to) = (days.day(from), days.day(to));
            let (from, to) = (days.bounds(from).0, days.bounds(to).1);
            let question = Find {
                view: "actions".into(),
                conditions: Vec::new(),
                span: Span { from, to },
                series: None,
                time_zone: None,
                group_by: vec![("action".into(), Dimension::Action)],
                order: RowOrder::CountDescending,
                limit: Some(usize::MAX),
            };
            let found = self.find_all(snapshot, caller, site, &question).await?;
            for row in found.rows {
                let name = row.values.into_iter().flatten().next();
                if let Some(action) = actions
                    .iter_mut()
                    .find(|action| name.as_ref().and_then(Value::as_str) == Some(&action.name))
                {
                    action.count = row.count;
                }
            }
        }
        actions.retain(|action| action.count > 0);
        for name in KNOWN_ACTIONS {
            if !actions.iter().any(|action| action.name == name) {
                actions.push(ActionSeen {
                    name: name.into(),
                    count: 0,
                    seen: None,
                    built_in: true,
                });
            }
        }
        actions.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
        Ok(actions)
    }
}

/// The value that an event has of a dimension.
#[must_use]
pub fn value(event: &Event, dimension: &Dimension) -> Option<Value> {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    match dimension {
        Dimension::Action => Some(event.action.as_str().into()),
        Dimension::Label => text(&event.label),
        Dimension::UrlHost => event.url.as_ref().and_then(|url| text(&url.host)),
        Dimension::UrlPath => event.url.as_ref().and_then(|url| text(&url.path)),
        Dimension::ReferrerHost => event.referrer.as_ref().and_then(|url| text(&url.host)),
        Dimension::TrafficSource => Some(event.traffic_source.name().into()),
        Dimension::Device => event.agent.as_ref().map(|agent| agent.device.as_str().into()),
        Dimension::Browser => event.agent.as_ref().and_then(|agent| text(&agent.browser)),
        Dimension::Os => event.agent.as_ref().and_then(|agent| text(&agent.os)),
        Dimension::Bot => event.agent.as_ref().map(|agent| agent.bot.into()),
        Dimension::Country => text(&event.country),
        Dimension::City => text(&event.city),
        Dimension::Language => text(&event.language),
        Dimension::Company => text(&event.company),
        Dimension::Actor => text(&event.actor),
        Dimension::Session => text(&event.session),
        Dimension::Tag(keys) => super::fold::field(event.tag.as_ref()?, keys).cloned(),
        // Of the event itself nothing tells it; who asks for it asks the database.
        Dimension::Trait(..) => None,
    }
}

/// Whether an event fulfils what a filter asks besides its time and its number.
#[must_use]
pub fn fulfils(event: &Event, filter: &Filter) -> bool {
    let holds = |condition: &Condition| condition.holds(value(event, &condition.dimension).as_ref());
    filter.conditions.iter().all(holds) && filter.predicate.as_ref().is_none_or(|predicate| predicate.holds(event))
}

impl Facts for Event {
    fn value(&self, dimension: &Dimension) -> Option<Value> {
        value(self, dimension)
    }

    fn text(&self, text: &Text) -> Option<Cow<'_, str>> {
        let of = |dimension: &Dimension| match value(self, dimension) {
            Some(Value::String(text)) => Some(Cow::Owned(text)),
            _ => None,
        };
        match text {
            Text::Id => Some(Cow::Borrowed(&self.id)),
            Text::Device => self.device.as_deref().map(Cow::Borrowed),
            Text::Url => self.url.as_ref().map(|url| Cow::Borrowed(url.value.as_str())),
            Text::Scope => Some(Cow::Borrowed(self.scope())),
            Text::Country => Some(Cow::Borrowed(self.country_or_local())),
            Text::OrEmpty(dimension) => Some(of(dimension).unwrap_or_default()),
            Text::Of(dimension) => of(dimension),
        }
    }

    fn time(&self) -> i64 {
        crate::domain::zone::nanoseconds(self.time)
    }

    fn address(&self) -> Option<IpAddr> {
        self.ip
    }

    fn has_payload(&self) -> bool {
        let keys = self.tag.as_ref().map(|tag| tag.keys());
        keys.is_some_and(|mut keys| keys.any(|key| !RESERVED_KEYS.contains(&key.as_str())))
    }
}
