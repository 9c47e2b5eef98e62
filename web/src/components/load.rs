//! What is asked of the server: loading, there, or not to be had. Written once, for every page.
//!
//! Inside, an answer is of no particular type: what waits for it and shows it is in the program once, and not once for
//! each page.

use std::{
    any::Any,
    future::{Future, poll_fn},
    marker::PhantomData,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use leptos::prelude::*;

use super::situation::{Failed, Loading};
use crate::api::failure::Failure;

type Anything = Arc<dyn Any + Send + Sync>;
/// Counted, so that what shows it may look at it until it is gone itself, also where the page is left meanwhile.
type Resource = ArcLocalResource<Result<Anything, Failure>>;

/// An answer of the server, or why there is none.
pub(crate) struct Answer<T> {
    resource: StoredValue<Resource>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Answer<T> {}

impl<T: Clone + Send + Sync + 'static> Answer<T> {
    /// Asks, and asks anew whenever something changes that `ask` has read.
    pub(crate) fn new<F>(ask: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<T, Failure>> + 'static,
    {
        let here = StoredValue::new(());
        Self {
            resource: StoredValue::new(ArcLocalResource::new(move || {
                // Where the page was left, whoever still waits for the answer keeps what asks, and a change of the address or
                // the answer wakes it; what it would read is gone.
                let mut asked = here.try_get_value().map(|()| Box::pin(ask()));
                let asked = poll_fn(move |context| match (&mut asked, here.try_get_value()) {
                    (Some(asked), Some(())) => asked.as_mut().poll(context),
                    _ => Poll::Ready(Err(Failure::Unreachable)),
                });
                Box::pin(async move { Ok(Arc::new(asked.await?) as Anything) })
                    as std::pin::Pin<Box<dyn Future<Output = Result<Anything, Failure>>>>
            })),
            kind: PhantomData,
        }
    }

    /// Asks once more, unless the page was left.
    pub(crate) fn refetch(self) {
        if let Some(resource) = self.resource.try_get_value() {
            resource.refetch();
        }
    }

    /// What was answered, once it was.
    pub(crate) fn get(self) -> Option<Result<T, Failure>> {
        let answer = self.resource.try_get_value()?.get()?;
        Some(answer.and_then(|anything| read(&anything).ok_or(Failure::Unreachable)))
    }
}

/// Asks once more after a while, unless what is shown is gone by then: for what changes while nobody does anything.
pub(crate) fn again(after: Duration, reload: Callback<()>) {
    let timer = set_timeout_with_handle(move || reload.run(()), after);
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
}

fn read<T: Clone + 'static>(anything: &Anything) -> Option<T> {
    anything.downcast_ref::<T>().cloned()
}

/// Shows an answer once it is there; the one before stays until the next has come.
#[component]
pub(crate) fn Load<T, F, V>(
    /// What was asked.
    answer: Answer<T>,
    /// How it is shown.
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    F: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let show = move |anything: &Anything| read(anything).map(|value| children(value).into_any()).into_any();
    view! { <LoadAnything resource=answer.resource.get_value() show=Arc::new(show)/> }
}

#[component]
fn LoadAnything(resource: Resource, show: Arc<dyn Fn(&Anything) -> AnyView + Send + Sync>) -> impl IntoView {
    let here = StoredValue::new(());
    view! {
        <Transition fallback=|| view! { <Loading/> }>
            {move || {
                let (show, resource) = (show.clone(), resource.clone());
                Suspend::new(async move {
                    let answer = resource.clone().await;
                    // Nothing is built any more where the page was left: what its parts look for around them is gone.
                    if here.try_get_value().is_none() {
                        return ().into_any();
                    }
                    match answer {
                        Ok(anything) => show(&anything),
                        Err(failure) => view! { <Failed failure retry=move || resource.refetch()/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}
