//! Saved segments.

use async_graphql::SimpleObject;

use crate::{
    domain::segment,
    graphql::scalar::{Count, DateTime},
    service::segment::Devices,
};

/// A placeholder of a segment's query, written `{{name}}` there.
#[derive(SimpleObject)]
struct SegmentParameter {
    /// Its name.
    name: String,
    /// The type of what stands for it: `bool`, `datetime`, `guid`, `int`, `long`, `double`, `string` or `timespan`.
    #[graphql(name = "type")]
    kind: String,
}

/// A saved segment.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Segment {
    /// Its name.
    name: String,
    /// The query that yields its devices.
    query: String,
    /// The placeholders in it.
    parameters: Vec<SegmentParameter>,
    /// When it was saved.
    created: DateTime,
}

impl From<segment::Segment> for Segment {
    fn from(segment: segment::Segment) -> Self {
        let parameter = |one: segment::Placeholder| SegmentParameter {
            name: one.name,
            kind: one.kind,
        };
        Self {
            name: segment.definition.name,
            query: segment.definition.query,
            parameters: segment.definition.parameters.into_iter().map(parameter).collect(),
            created: segment.created.into(),
        }
    }
}

/// The devices of a segment.
#[derive(SimpleObject)]
pub(in crate::graphql) struct SegmentDevices {
    /// The segment.
    segment: Segment,
    /// How many devices are told.
    count: Count,
    /// Their ids, those that did something last first; at most 10,000.
    devices: Vec<String>,
    /// Whether there are more than are told.
    truncated: bool,
}

impl From<Devices> for SegmentDevices {
    fn from(found: Devices) -> Self {
        Self {
            segment: found.segment.into(),
            count: Count(i64::try_from(found.devices.len()).unwrap_or(i64::MAX)),
            devices: found.devices,
            truncated: found.is_cut,
        }
    }
}
