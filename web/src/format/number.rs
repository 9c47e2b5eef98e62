//! Numbers, with their digits grouped.

use crate::{api::scalar::Count, text::language};

/// A number as the language writes it: `12,345`.
pub(crate) fn number(value: f64) -> String {
    js_sys::Number::from(value).to_locale_string(language().locale()).into()
}

/// A number of something.
pub(crate) fn count(value: Count) -> String {
    number(float(value))
}

/// How much one number is of another, in percent with its sign: `+12 %`. None where there is nothing to compare with.
pub(crate) fn change(now: Count, before: Count) -> Option<String> {
    if before == 0 {
        return None;
    }
    let percent = ((float(now) / float(before) - 1.0) * 100.0).round();
    let sign = if percent > 0.0 { "+" } else { "" };
    Some(format!("{sign}{}\u{202f}%", number(percent)))
}

/// A count among fractions.
#[expect(clippy::cast_precision_loss, reason = "counts go up to 2^53")]
pub(crate) fn float(value: Count) -> f64 {
    value as f64
}
