//! Short messages that say that something was done. They are read out, and go by themselves.

use std::time::Duration;

use leptos::prelude::*;

/// Long enough to be read twice.
const SHOWN: Duration = Duration::from_secs(8);

/// The messages on the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notices {
    list: RwSignal<Vec<Notice>>,
    next: StoredValue<u32>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// What tells it from the others.
    pub(crate) id: u32,
    /// What it says.
    pub(crate) text: String,
}

/// The messages, to add one.
pub(crate) fn use_notices() -> Notices {
    expect_context()
}

impl Notices {
    /// Offers the messages to all components.
    pub(crate) fn provide() {
        provide_context(Self {
            list: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
        });
    }

    /// The messages on the screen.
    pub(crate) fn list(self) -> Vec<Notice> {
        self.list.get()
    }

    /// Says something.
    pub(crate) fn say(self, text: impl Into<String>) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.list.update(|list| list.push(Notice { id, text: text.into() }));
        set_timeout(move || self.dismiss(id), SHOWN);
    }

    /// Takes a message away.
    pub(crate) fn dismiss(self, id: u32) {
        self.list.update(|list| list.retain(|notice| notice.id != id));
    }
}
