//! What pages are made of. A component is given what it shows, and tells what was done to it; it never asks the server.
//! Only the shell is given the session and the sites.

pub(crate) mod button;
pub(crate) mod chart;
pub(crate) mod dialog;
pub(crate) mod entry;
pub(crate) mod event;
pub(crate) mod field;
pub(crate) mod fields;
pub(crate) mod filter;
pub(crate) mod finder;
pub(crate) mod form;
pub(crate) mod icon;
pub(crate) mod keyboard;
pub(crate) mod later;
pub(crate) mod load;
pub(crate) mod navigation;
pub(crate) mod notice;
pub(crate) mod page;
pub(crate) mod pages;
pub(crate) mod period;
pub(crate) mod ranking;
pub(crate) mod secret;
pub(crate) mod select;
pub(crate) mod shell;
mod site_choice;
pub(crate) mod situation;
pub(crate) mod table;
