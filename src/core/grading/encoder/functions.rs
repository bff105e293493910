//! Functions of single numbers that the network needs by the million, written so that the compiler can
//! compute several at once: no branches, no calls.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// The Gaussian error linear unit, by the error function; off by less than 1e-6 of its argument.
pub(super) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2))
}

/// The error function, off by less than 5e-7: the rational approximation that Eigen and XLA use. Beyond 4
/// it is 1 to the last digit.
fn erf(x: f32) -> f32 {
    let x = clamp(x, -4.0, 4.0);
    let square = x * x;
    let above =
        [2.770_681_4e-8, -2.101_024e-6, -5.692_506_4e-5, -7.349_906_4e-4, -2.954_6e-3, -1.609_603_3e-2_f32];
    let below = [-2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2_f32];
    let above = above.iter().fold(-2.726_142_3e-10, |sum, factor| sum * square + factor);
    let below = below.iter().fold(-1.456_607_2e-5, |sum, factor| sum * square + factor);
    x * above / below
}

/// The exponential of a number of at most 0, off by less than 3e-7 of itself: a power of 2 times the
/// polynomial of Cephes' `expf` for the rest. Below -87 it is that of -87, which adds nothing to a sum.
pub(super) fn exp(x: f32) -> f32 {
    /// Adding it rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    /// The natural logarithm of 2 in two parts, the first with few enough digits for exact multiples.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = clamp(x, -87.0, 0.0);
    let rounded = x * LOG2_E + ROUND;
    let power = rounded - ROUND;
    let rest = x - power * LN_2[0] - power * LN_2[1];
    let factors = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5_f32];
    let tail = factors.iter().fold(1.987_569_1e-4, |sum, factor| sum * rest + factor);
    let exponent = (rounded.to_bits() << 23).wrapping_add(127 << 23);
    (tail * rest * rest + rest + 1.0) * f32::from_bits(exponent)
}

/// As `f32::clamp`, which stops where a bound is not a number and is a branch more.
fn clamp(x: f32, min: f32, max: f32) -> f32 {
    let x = if x < min { min } else { x };
    if x > max { max } else { x }
}

#[cfg(test)]
mod tests {
    use super::{erf, exp, gelu};

    #[test]
    fn the_error_function_is_right_to_six_digits() {
        // From a table of the function.
        for (x, expected) in [
            (0.0, 0.0),
            (0.1, 0.112_462_92),
            (0.5, 0.520_499_9),
            (1.0, 0.842_700_8),
            (1.5, 0.966_105_1),
            (2.0, 0.995_322_3),
            (3.0, 0.999_977_9),
            (5.0, 1.0),
        ] {
            assert!((erf(x) - expected).abs() < 5e-7, "{x}: {}", erf(x));
            assert!((erf(-x) + expected).abs() < 5e-7, "-{x}");
        }
    }

    #[test]
    fn the_error_function_never_leaves_its_series() {
        for step in -2_000..=2_000 {
            let x = f64::from(step) / 1_000.0;
            let mut term = x;
            let mut sum = x;
            for n in 1..60 {
                term *= -x * x / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            let expected = sum * std::f64::consts::FRAC_2_SQRT_PI;
            assert!((f64::from(erf(x as f32)) - expected).abs() < 5e-7, "{x}: {} {expected}", erf(x as f32));
        }
    }

    #[test]
    fn far_out_the_unit_is_its_argument_or_nothing() {
        assert!((gelu(30.0) - 30.0).abs() < 1e-5);
        assert!(gelu(-30.0).abs() < 1e-5);
    }

    #[test]
    fn the_exponential_is_that_of_the_standard_library() {
        for step in 0..=8_700 {
            let x = -(step as f32) / 100.0;
            let error = (f64::from(exp(x)) - f64::from(x).exp()) / f64::from(x).exp();
            assert!(error.abs() < 3e-7, "{x}: {error}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e9) < 1e-37);
    }
}
