//! Medians and the like.

/// The value below which the given part of all values lies.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

pub(crate) fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

pub(crate) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// A number as people write it: `12,345`.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{grouped, median, quantile};

    #[test]
    fn quantiles_are_values_that_occur() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(median(&values).to_bits(), 3_f64.to_bits());
        assert_eq!(quantile(&values, 0.95).to_bits(), 5_f64.to_bits());
        assert_eq!(quantile(&values, 0.0).to_bits(), 1_f64.to_bits());
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [grouped(7.0), grouped(1234.4), grouped(1_234_567.0)],
            ["7", "1,234", "1,234,567"]
        );
    }
}
