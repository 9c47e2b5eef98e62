//! One generation of a view or scope on one site, in one time zone.

use sea_orm::entity::prelude::*;

/// One generation of a view or scope on one site, in one time zone.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rollup")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site.
    pub site_id: i64,
    /// The view it answers.
    pub view_id: Option<i64>,
    /// The scope it answers.
    pub scope_id: Option<i64>,
    /// The zone of its days.
    pub time_zone: String,
    /// A code of `domain::rollup::State`.
    pub state: i16,
    /// The mark up to which it is folded.
    pub mark_id: i64,
    /// How many events it had to catch up with.
    pub backfill_total: i64,
    /// How many of them it has.
    pub backfill_done: i64,
    /// It holds nothing before this nanosecond, as raw events were gone when it began.
    pub floor: i64,
    /// When it was begun.
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
