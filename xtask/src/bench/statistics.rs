//! Ratios of rounds, and means of them.

/// What the ratios of all rounds say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// Half of the rounds are below.
    pub(crate) median: f64,
    /// The best round.
    pub(crate) least: f64,
    /// The worst round.
    pub(crate) most: f64,
}

/// Median and range; none of no values.
pub(crate) fn spread(values: &[f64]) -> Option<Spread> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
    Some(Spread { median, least, most })
}

/// The geometric mean; none of no values. They must be positive.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some(Spread { median: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]), Some(Spread { median: 2.5, least: 1.0, most: 4.0 }));
        assert_eq!(spread(&[7.0]), Some(Spread { median: 7.0, least: 7.0, most: 7.0 }));
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn one_outlier_does_not_move_the_median() {
        let spread = spread(&[1.01, 1.02, 9.0, 1.0, 1.03]).unwrap();
        assert_eq!(spread.median, 1.02);
        assert_eq!(spread.most, 9.0);
    }

    #[test]
    fn the_geometric_mean_treats_halves_and_doubles_alike() {
        assert!((geometric_mean(&[0.5, 2.0]).unwrap() - 1.0).abs() < 1e-12);
        assert!((geometric_mean(&[1.0, 1.0, 8.0]).unwrap() - 2.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }
}
