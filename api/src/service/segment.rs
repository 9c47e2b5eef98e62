//! Saved segments: which devices a query finds at this moment. What is deleted is in none of them.

use serde_json::{Map, Value};

use super::{Services, audit, kql::Table, snapshot::Snapshot};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        kql,
        operation::Operation,
        segment::{Definition, Segment},
        zone::nanoseconds,
    },
    store::{self, Priority, is_conflict},
};

/// Segments of one site.
const MOST_SEGMENTS: usize = 1_000;
/// Devices of one answer.
pub const MOST_DEVICES: usize = 10_000;

/// The devices of a segment.
#[derive(Debug)]
pub struct Devices {
    /// The segment.
    pub segment: Segment,
    /// Their ids, those that did something last first.
    pub devices: Vec<String>,
    /// Whether there are more.
    pub is_cut: bool,
}

impl Services {
    /// The segments of a site, by name.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn segments(&self, snapshot: &Snapshot, caller: &Caller, site: Option<&str>) -> Result<Vec<Segment>> {
        caller.permit(Operation::ListSegments)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ListSegments, site)?;
        store::segment::list(&opened.tx, site.id).await
    }

    /// The devices that a segment finds now, with these values for its placeholders.
    ///
    /// # Errors
    /// No permission, an unknown site, `NOT_FOUND`, a value that does not fit, and those of [`Services::kql`].
    pub async fn segment(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        name: &str,
        given: &Map<String, Value>,
    ) -> Result<Devices> {
        caller.permit(Operation::ListSegments)?;
        let found = {
            let opened = snapshot.hold().await?;
            let own = opened.configuration.admit(caller, Operation::ListSegments, site)?;
            store::segment::find(&opened.tx, own.id, name).await?
        };
        let segment = found.ok_or_else(|| unknown(name))?;
        let plan = segment.definition.plan(given, nanoseconds(clock::now()))?;
        let asked = (Operation::ListSegments, site);
        let table = self
            .answer_query(snapshot, caller, asked, (&plan, None), MOST_DEVICES)
            .await?;
        let Table { rows, is_cut, .. } = table;
        snapshot.take_rows(rows.len())?;
        let device = |row: Vec<kql::Value>| row.into_iter().next().map(|value| value.written());
        // What no device did is nobody's.
        let devices = rows.into_iter().filter_map(device).filter(|device| !device.is_empty());
        Ok(Devices {
            devices: devices.collect(),
            segment,
            is_cut,
        })
    }

    /// Saves a segment.
    ///
    /// # Errors
    /// No permission, an unknown site, a bad definition, or `ALREADY_EXISTS`.
    pub async fn create_segment(&self, caller: &Caller, site: Option<&str>, definition: Definition) -> Result<Segment> {
        caller.permit(Operation::CreateSegment)?;
        definition.check(nanoseconds(clock::now()))?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::CreateSegment, site)?;
        if store::segment::list(&tx, site.id).await?.len() >= MOST_SEGMENTS {
            let message = format!("The site has {MOST_SEGMENTS} segments, which is as many as a site may have.");
            return Err(Error::new(Code::TooManyItems, message));
        }
        let created = store::segment::create(&tx, site.id, &definition, clock::now_nanoseconds()).await;
        let segment = created.map_err(|error| {
            if !is_conflict(&error) {
                return error;
            }
            let message = format!(
                "There is a segment “{}” already; delete it first, or choose another name.",
                definition.name
            );
            Error::new(Code::AlreadyExists, message).at("name")
        })?;
        let change = Change::new(Operation::CreateSegment, &segment.definition.name).on(site.id);
        audit::record(&tx, caller, change.after(&segment)).await?;
        tx.commit().await?;
        Ok(segment)
    }

    /// Deletes a segment; events stay.
    ///
    /// # Errors
    /// No permission, an unknown site, or `NOT_FOUND`.
    pub async fn delete_segment(&self, caller: &Caller, site: Option<&str>, name: &str) -> Result<Segment> {
        caller.permit(Operation::DeleteSegment)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::DeleteSegment, site)?;
        let segment = store::segment::find(&tx, site.id, name)
            .await?
            .ok_or_else(|| unknown(name))?;
        store::segment::remove(&tx, segment.id).await?;
        let change = Change::new(Operation::DeleteSegment, name).on(site.id);
        audit::record(&tx, caller, change.before(&segment)).await?;
        tx.commit().await?;
        Ok(segment)
    }
}

fn unknown(name: &str) -> Error {
    let shown: String = name.chars().take(100).collect();
    Error::new(Code::NotFound, format!("There is no segment “{shown}”.")).at("name")
}
