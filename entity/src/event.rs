//! One logged occurrence of an action.

use sea_orm::entity::prelude::*;

/// One logged occurrence of an action.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// Arrival order within one engine; never reused.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site it belongs to.
    pub site_id: i64,
    /// When it happened, in nanoseconds since 1970.
    pub time: i64,
    /// When the server got it.
    pub received: i64,
    /// The server's UUID, or a keyed hash of the client's id.
    #[sea_orm(unique)]
    pub uid: Vec<u8>,
    /// The id its client gave.
    pub client_id: Option<String>,
    /// Its action, in `text`.
    pub action_id: i64,
    /// Its label, in `text`.
    pub label_id: Option<i64>,
    /// Its page, in `url`.
    pub url_id: Option<i64>,
    /// Where it came from, in `url`.
    pub referrer_id: Option<i64>,
    /// Its user agent, in `user_agent`.
    pub user_agent_id: Option<i64>,
    /// A code of `domain::event::TrafficSource`.
    pub traffic_source: i16,
    /// Who did it, in `text`.
    pub actor_id: Option<i64>,
    /// Where the actor came from: a code of `domain::event::ActorKind`.
    pub actor_kind: i16,
    /// Its device, in `text`.
    pub device_id: Option<i64>,
    /// Its session, in `text`.
    pub session_id: Option<i64>,
    /// Its company, in `text`.
    pub company_id: Option<i64>,
    /// Its language, in `text`.
    pub language_id: Option<i64>,
    /// Its country, in `text`.
    pub country_id: Option<i64>,
    /// Its city, in `text`.
    pub city_id: Option<i64>,
    /// As much of the address as the site keeps.
    pub ip: Option<Vec<u8>>,
    /// Which way it came in: a code of `domain::event::Door`.
    pub door: i16,
    /// The key that logged it.
    pub key_id: Option<i64>,
    /// The deletion that hides it; 0 where it was set aside, as it cannot be read.
    pub deletion_id: Option<i64>,
    /// The part of the site that it is of, where its wire format has such.
    pub scope: Option<String>,
    /// Its free-form object.
    pub tag: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}
