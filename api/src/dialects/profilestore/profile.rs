//! Reading profiles: what is known of each visitor in each scope.

use std::time::{Duration, Instant};

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::{Value, json};

use super::{
    About, Place, answer, know, respond,
    wire::{self, Options},
};
use crate::{
    dialects::Entrance,
    domain::{
        error::{Code, Error},
        event::Door,
        odata::Record,
    },
    extract::deadline::within,
    service::{Services, listing::check_depth, snapshot::Snapshot},
};

/// How long profiles are looked through without a pause.
const TURN: Duration = Duration::from_millis(10);

/// The fields of a profile.
pub(super) const PROFILE: Record = Record {
    fields: &[
        "ProfileId",
        "DeviceIds",
        "Name",
        "ProfileManager",
        "FirstSeen",
        "LastSeen",
        "Visits",
        "UpdateTime",
        "Scope",
        "Info",
        "ContactInformation",
        "Payload",
    ],
    times: &["FirstSeen", "LastSeen", "UpdateTime"],
    open: &["Info", "Payload"],
};

/// Lists profiles, those that were seen last first.
pub(super) async fn list(services: Data<Services>, request: HttpRequest) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let listed = async {
        let caller = know(&entrance).await?;
        let options = Options::read(request.query_string())?;
        check_depth(options.skip, options.top)?;
        let order = if options.order.trim().is_empty() {
            "LastSeen desc"
        } else {
            &options.order
        };
        // What is wrong with either is told of a site without visitors, too.
        let filter = PROFILE
            .read_filter(&options.filter)
            .map_err(|error| error.at("$filter"))?;
        let order = PROFILE.read_order(order).map_err(|error| error.at("$orderby"))?;
        let begun = Instant::now();
        let watch = || services.check_deadline(begun);
        let snapshot = Snapshot::new(entrance.services.clone());
        let visitors = services.visitors(&snapshot, &caller, None).await?;
        let mut found = Vec::new();
        let mut turn = Instant::now();
        for visitor in visitors {
            let profile = wire::profile(&visitor);
            watch()?;
            if filter.fulfils(&profile, &watch)? {
                found.push(profile);
            }
            // Looking through is no waiting: others have their turn.
            if turn.elapsed() >= TURN {
                tokio::task::yield_now().await;
                turn = Instant::now();
            }
        }
        // Those that are equal in what is asked for are in the order of their ids.
        let found = PROFILE.read_order("ProfileId, Scope")?.sort(found, &watch)?;
        tokio::task::yield_now().await;
        let found = order.sort(found, &watch)?;
        let total = found.len();
        let items: Vec<Value> = found.into_iter().skip(options.skip).take(options.top).collect();
        Ok(json!({"count": items.len(), "items": items, "total": total}))
    };
    answer(within(entrance.time_left(), listed).await)
}

/// Tells one profile.
pub(super) async fn one(services: Data<Services>, request: HttpRequest, path: Path<Place>) -> HttpResponse {
    let entrance = Entrance::new(&services, &request, Door::Profilestore);
    let found = async {
        let caller = know(&entrance).await?;
        let snapshot = Snapshot::new(entrance.services.clone());
        let place = (path.scope.as_str(), path.id.as_str());
        let visitor = services.visitor(&snapshot, &caller, None, place).await?;
        let missing = || Error::new(Code::NotFound, "There is no such profile in this scope.");
        visitor.as_ref().map(wire::profile).ok_or_else(missing)
    };
    match within(entrance.time_left(), found).await {
        Ok(profile) => super::told(&profile),
        Err(error) => respond(&error, About::Request),
    }
}
