//! Adding a rule, and changing one: tried on past days before it acts.

use leptos::prelude::*;

use super::{Doing, LISTS, TARGETS, preview::Preview};
use crate::{
    api::{
        client::use_client,
        failure::Failure,
        rule::{Rule, RuleInput, create_rule, update_rule},
    },
    components::{
        button::{Button, Submit},
        dialog::{Dialog, open_while},
        field::{Choice, Field, FormError, Tick},
        form::Form,
    },
    format::moment,
    state::{notice::use_notices, surroundings::use_place},
    text::{phrase, rule as words, t},
};

/// What is filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft {
    list: RwSignal<usize>,
    target: RwSignal<usize>,
    pattern: RwSignal<String>,
    note: RwSignal<String>,
    enabled: RwSignal<bool>,
    shadow: RwSignal<bool>,
    expires: RwSignal<String>,
}

impl Draft {
    fn of(rule: Option<&Rule>) -> Self {
        let place = |found: Option<usize>| RwSignal::new(found.unwrap_or_default());
        let text = |found: Option<String>| RwSignal::new(found.unwrap_or_default());
        Self {
            list: place(rule.and_then(|rule| LISTS.iter().position(|(one, _)| *one == rule.list))),
            target: place(rule.and_then(|rule| TARGETS.iter().position(|(one, _)| *one == rule.target))),
            pattern: text(rule.map(|rule| rule.pattern.clone())),
            note: text(rule.and_then(|rule| rule.note.clone())),
            enabled: RwSignal::new(rule.is_none_or(|rule| rule.enabled)),
            shadow: RwSignal::new(rule.is_some_and(|rule| rule.shadow)),
            expires: text(rule.and_then(|rule| rule.expires_at.as_ref().map(moment::for_field))),
        }
    }

    /// The rule, as far as it is filled in.
    pub(super) fn rule(self) -> RuleInput {
        let note = self.note.get_untracked();
        RuleInput {
            list: LISTS[self.list.get_untracked()].0,
            target: TARGETS[self.target.get_untracked()].0,
            pattern: self.pattern.get_untracked(),
            note: (!note.is_empty()).then_some(note),
            enabled: self.enabled.get_untracked(),
            shadow: self.shadow.get_untracked(),
            expires_at: moment::of_field(&self.expires.get_untracked()),
        }
    }
}

/// The dialog.
#[component]
pub(super) fn Edit(doing: RwSignal<Doing>, reload: Callback<()>) -> impl IntoView {
    let about = Memo::new(move |_| match doing.get() {
        Doing::Add => Some(None),
        Doing::Edit(rule) => Some(Some(rule)),
        Doing::Nothing | Doing::Delete(_) | Doing::Hits(_) => None,
    });
    let open = open_while(move || about.with(Option::is_some), move || doing.set(Doing::Nothing));
    let title = move || {
        let adding = about.with(|about| matches!(about, Some(None)));
        t(if adding { words::ADD } else { words::EDIT_TITLE }).to_owned()
    };
    view! {
        <Dialog open title=Signal::derive(title)>
            <RuleForm rule=about.get_untracked().flatten() open reload/>
        </Dialog>
    }
}

#[component]
fn RuleForm(rule: Option<Rule>, open: RwSignal<bool>, reload: Callback<()>) -> impl IntoView {
    let client = use_client();
    let place = use_place();
    let notices = use_notices();
    let draft = Draft::of(rule.as_ref());
    let id = rule.map(|rule| rule.id);
    let (fixed, replaces) = (id.is_some(), id.clone());
    let save = Action::new_unsync(move |(): &()| {
        let (id, rule) = (id.clone(), draft.rule());
        async move {
            let error = match id {
                Some(id) => client.ask(update_rule(id, rule)).await?.update_rule.error,
                None => {
                    client
                        .ask(create_rule(place.site_name(), rule))
                        .await?
                        .create_rule
                        .error
                }
            };
            if let Some(error) = error {
                return Err(Failure::from(error));
            }
            open.set(false);
            notices.say(t(words::SAVED));
            reload.run(());
            Ok(())
        }
    });
    let failure = Signal::derive(move || save.value().get().and_then(Result::err));
    view! {
        <Form on_submit=move || {
            save.dispatch_local(());
        }>
            <div class="columns">
                <Choice
                    id="rule-list"
                    label=t(words::LIST)
                    value=draft.list
                    options=LISTS.iter().map(|(_, text)| t(*text).to_owned()).collect()
                    disabled=fixed
                />
                <Choice
                    id="rule-target"
                    label=t(words::TARGET)
                    value=draft.target
                    options=TARGETS.iter().map(|(_, text)| t(*text).to_owned()).collect()
                    disabled=fixed
                />
            </div>
            <Field
                id="rule-pattern"
                label=t(words::PATTERN)
                hint=t(words::PATTERN_HINT)
                value=draft.pattern
                required=true
                first=true
            />
            <Field id="rule-note" label=t(words::NOTE) hint=t(words::NOTE_HINT) value=draft.note/>
            <Field
                id="rule-expires"
                kind="datetime-local"
                label=t(words::EXPIRES)
                hint=t(words::EXPIRES_HINT)
                value=draft.expires
            />
            <div>
                <Tick id="rule-enabled" label=t(words::ENABLED) value=draft.enabled/>
                <Tick id="rule-shadow" label=t(words::SHADOW) hint=t(words::SHADOW_HINT) value=draft.shadow/>
            </div>
            <Preview draft replaces/>
            <FormError failure/>
            <div class="dialog-ways">
                <Button on_click=move || open.set(false)>{t(phrase::CANCEL)}</Button>
                <Submit disabled=save.pending()>{t(if fixed { words::SAVE } else { words::ADD })}</Submit>
            </div>
        </Form>
    }
}
