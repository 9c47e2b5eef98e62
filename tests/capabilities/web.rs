//! The web UI, as browsers load it and as people use it, in a real Chromium. None of it depends on the database's engine:
//! the tests run on SQLite.

mod account;
mod again;
mod blocked;
mod bundle;
mod entry;
mod event;
mod hostile;
mod key;
mod language;
mod leave;
mod ledger;
mod live;
mod load;
mod loading;
mod long;
mod look;
mod navigation;
mod opened;
mod overview;
mod people;
mod playground;
mod role;
mod rule;
mod scene;
mod session;
mod settings;
mod speed;
mod tab;
mod tag;
mod target;
mod unique;
mod view;
mod visit;
mod walk;
