//! What would become of an event that somebody pastes, and why.

use leptos::{either::Either, prelude::*};

use super::{list, target};
use crate::{
    api::{
        client::use_client,
        failure::Failure,
        rule::{
            EventExplanation, EventInput, ExplainedStep, IngestStep, Outcome, RuleList, StepVerdict, explain_event,
        },
    },
    components::{
        button::{Submit, Weight},
        field::{FormError, Lines},
        form::Form,
        page::Card,
    },
    state::surroundings::use_place,
    text::{fill, rule as words, t},
};

/// The section.
#[component]
pub(super) fn Explain() -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let text = RwSignal::new("{\"action\": \"pageview\", \"url\": \"/\"}".to_owned());
    let ask = Action::new_unsync(move |(): &()| async move {
        let read = serde_json::from_str::<EventInput>(&text.get_untracked());
        let mut event = read.map_err(|error| Failure::Refused {
            code: String::new(),
            message: fill(words::EXPLAIN_UNREADABLE, &[&error.to_string()]),
            path: None,
        })?;
        event.site = Some(place.site_name());
        Ok(client.ask(explain_event(event)).await?.explain_event)
    });
    let failure = Signal::derive(move || ask.value().get().and_then(Result::err));
    let found = move || match ask.value().get().and_then(Result::ok) {
        Some(explanation) => Either::Left(told(explanation)),
        None => Either::Right(()),
    };
    view! {
        <Card id="explain-title" title=t(words::EXPLAIN) hint=t(words::EXPLAIN_HINT)>
            <Form on_submit=move || {
                ask.dispatch_local(());
            }>
                <Lines id="explain-event" label=t(words::EXPLAIN_EVENT) value=text required=true/>
                <FormError failure/>
                <Submit weight=Weight::Plain disabled=ask.pending()>{t(words::EXPLAIN_ASK)}</Submit>
            </Form>
            <div role="status" class="explanation">{found}</div>
        </Card>
    }
}

fn told(explanation: EventExplanation) -> impl IntoView {
    let (class, outcome) = match explanation.outcome {
        Outcome::Accepted => ("state good", words::ACCEPTED),
        Outcome::Duplicate => ("state", words::DUPLICATE),
        Outcome::Denied => ("state bad", words::DENIED),
        _ => ("state bad", words::REFUSED),
    };
    let rules = explanation.matched_rules.into_iter().map(|rule| {
        let class = if rule.list == RuleList::Deny {
            "list deny"
        } else {
            "list allow"
        };
        view! {
            <li>
                <span class=class>{list(rule.list)}</span>
                {format!(" {} ", target(rule.target))}
                <code>{rule.pattern}</code>
                {rule.shadow.then(|| view! { <span class="badge">{t(words::SHADOW)}</span> })}
            </li>
        }
    });
    let rules: Vec<_> = rules.collect();
    view! {
        <p class="strong"><span class=class>{t(outcome)}</span></p>
        <dl class="steps">{explanation.steps.into_iter().map(step).collect_view()}</dl>
        {(!rules.is_empty())
            .then(|| {
                view! {
                    <h3>{t(words::EXPLAIN_MATCHED)}</h3>
                    <ul class="plain-list">{rules}</ul>
                }
            })}
    }
}

fn step(step: ExplainedStep) -> impl IntoView {
    let name = match step.step {
        IngestStep::Shape => words::STEP_SHAPE,
        IngestStep::Id => words::STEP_ID,
        IngestStep::Rules => words::STEP_RULES,
        IngestStep::TagTypes => words::STEP_TYPES,
    };
    let verdict = match step.verdict {
        StepVerdict::Passed => words::PASSED,
        StepVerdict::Duplicate => words::SEEN,
        StepVerdict::Refused => words::STOPPED,
        StepVerdict::NotReached => words::NOT_REACHED,
    };
    view! {
        <div>
            <dt>{t(name)}</dt>
            <dd>
                {t(verdict)}
                {step.error.map(|error| view! { <span class="beside">{error.message}</span> })}
            </dd>
        </div>
    }
}
