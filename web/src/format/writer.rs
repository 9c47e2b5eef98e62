//! What writes moments: made once for each zone and style, as making one takes the browser longer than writing with it a
//! hundred times.

use std::{cell::RefCell, collections::HashMap};

use js_sys::{Array, Date, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

type Name = (&'static str, Option<String>, Options);
/// Names and values of options, as `Intl.DateTimeFormat` has them.
pub(super) type Options = &'static [(&'static str, &'static str)];

thread_local! {
    static WRITERS: RefCell<HashMap<Name, Option<Function>>> = RefCell::new(HashMap::new());
}

/// A moment in a zone; the browser's where none is named. None where the browser does not know the zone.
pub(super) fn write(locale: &'static str, zone: Option<&str>, options: Options, milliseconds: f64) -> Option<String> {
    let name = (locale, zone.map(str::to_owned), options);
    let known = WRITERS.with_borrow(|writers| writers.get(&name).cloned());
    let writer = known.unwrap_or_else(|| {
        let made = make(locale, zone, options).ok();
        WRITERS.with_borrow_mut(|writers| writers.insert(name, made.clone()));
        made
    })?;
    let date = Date::new(&JsValue::from_f64(milliseconds));
    writer.call1(&JsValue::UNDEFINED, &date).ok()?.as_string()
}

/// By a way that tells of a zone that is none, rather than ending the program.
fn make(locale: &str, zone: Option<&str>, options: Options) -> Result<Function, JsValue> {
    let given = Object::new();
    for (name, value) in options {
        Reflect::set(&given, &(*name).into(), &(*value).into())?;
    }
    if let Some(zone) = zone {
        Reflect::set(&given, &"timeZone".into(), &zone.into())?;
    }
    let intl = Reflect::get(&js_sys::global(), &"Intl".into())?;
    let class: Function = Reflect::get(&intl, &"DateTimeFormat".into())?.dyn_into()?;
    let format = Reflect::construct(&class, &Array::of2(&locale.into(), &given))?;
    Reflect::get(&format, &"format".into())?.dyn_into()
}
