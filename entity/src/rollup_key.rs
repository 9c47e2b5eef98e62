//! One combination of dimension values that occurs in a rollup.

use sea_orm::entity::prelude::*;

/// One combination of dimension values that occurs in a rollup.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rollup_key")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The rollup.
    #[sea_orm(unique_key = "hash_of_rollup")]
    pub rollup_id: i64,
    /// 128-bit keyed hash of the values.
    #[sea_orm(unique_key = "hash_of_rollup")]
    pub hash: Vec<u8>,
    /// Value 0 as JSON text; none where the field is missing.
    pub v0: Option<String>,
    /// Value 1 as JSON text; none where the field is missing.
    pub v1: Option<String>,
    /// Value 2 as JSON text; none where the field is missing.
    pub v2: Option<String>,
    /// Value 3 as JSON text; none where the field is missing.
    pub v3: Option<String>,
    /// Value 4 as JSON text; none where the field is missing.
    pub v4: Option<String>,
    /// Value 5 as JSON text; none where the field is missing.
    pub v5: Option<String>,
    /// Value 6 as JSON text; none where the field is missing.
    pub v6: Option<String>,
    /// Value 7 as JSON text; none where the field is missing.
    pub v7: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
