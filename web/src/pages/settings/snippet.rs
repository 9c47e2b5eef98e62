//! The code to put into pages, and whether something arrives.

use std::time::Duration;

use leptos::{either::Either, prelude::*};

use crate::{
    api::{
        client::use_client,
        condition::EventFilter,
        event::{Event, EventOrder, EventsVariables, events},
    },
    browser,
    components::{
        load::{Answer, Load, again},
        page::Card,
        secret::Copied,
    },
    format::moment,
    state::surroundings::use_place,
    text::{fill, settings as words, t},
};

/// How often it is looked whether something has arrived.
const AGAIN: Duration = Duration::from_secs(2);

/// Logs a page's visit; `{0}` is where the server is.
const CODE: &str = r#"<script>
  fetch("{0}/graphql", {
    method: "POST",
    keepalive: true,
    headers: { "Content-Type": "application/json", Authorization: "Bearer YOUR-KEY" },
    body: JSON.stringify({
      query: "mutation ($event: EventInput!) { logEvent(input: $event) { outcome } }",
      variables: { event: { action: "page.visit", url: location.href, referrer: document.referrer || null } },
    }),
  });
</script>"#;

/// The section.
#[component]
pub(super) fn Snippet() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let code = CODE.replace("{0}", &browser::origin());
    let answer: Answer<Option<Event>> = Answer::new(move || {
        let asked = EventsVariables {
            site: place.site_name(),
            filter: EventFilter {
                from: None,
                to: None,
                conditions: None,
            },
            order: EventOrder::ArrivalDescending,
            first: 1,
            after: None,
        };
        async move {
            let found = client.ask(events(asked)).await?.events;
            Ok(found.edges.into_iter().next().map(|edge| edge.node))
        }
    });
    let reload = Callback::new(move |()| answer.refetch());
    view! {
        <Card id="snippet-title" title=t(words::SNIPPET) hint=t(words::SNIPPET_HINT)>
            <Copied id="snippet-code" label=t(words::SNIPPET_CODE) text=code/>
            <div role="status" class="arrival">
                <Show when=move || place.may("Query.events")>
                    <Load answer let:last>
                        {match last {
                            Some(event) => {
                                let text = fill(words::ARRIVED, &[&event.action, &moment::ago(&event.time)]);
                                Either::Left(view! { <span class="state good">{text}</span> })
                            }
                            None => {
                                again(AGAIN, reload);
                                Either::Right(view! { <span class="state">{t(words::WAITING)}</span> })
                            }
                        }}
                    </Load>
                </Show>
            </div>
        </Card>
    }
}
