//! What a text means, as a direction. Kept as whole numbers, so that a vector read from a file and the
//! same one freshly computed are equal bit by bit, and a product of two is exact.

/// The largest whole number of a component.
const WHOLE_MAX: f32 = 127.0;

/// A direction of length 1, each component rounded to a whole number of equal steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector {
    whole: Box<[i8]>,
    /// The size of a step; follows from the components, as the length is 1.
    step: f32,
}

impl Vector {
    /// The direction of these components, rounded. All zero, or not finite, gives the vector without a
    /// direction, whose product with any other is 0.
    pub fn new(components: &[f32]) -> Self {
        let largest = components.iter().fold(0.0_f32, |largest, component| largest.max(component.abs()));
        let scale = if largest > 0.0 && largest.is_finite() { WHOLE_MAX / largest } else { 0.0 };
        // `as` is saturating, so a number that is none becomes 0.
        Self::from_whole(components.iter().map(|component| (component * scale).round() as i8).collect())
    }

    /// The vector with these whole numbers of steps, as [`Vector::whole`] gives them.
    pub fn from_whole(whole: Box<[i8]>) -> Self {
        let squares = product(&whole, &whole);
        let step = if squares > 0 { 1.0 / (squares as f32).sqrt() } else { 0.0 };
        Self { whole, step }
    }

    /// The components in steps, from -127 to 127.
    pub fn whole(&self) -> &[i8] {
        &self.whole
    }

    /// The components.
    pub fn components(&self) -> impl Iterator<Item = f32> {
        self.whole.iter().map(|&whole| f32::from(whole) * self.step)
    }

    /// The cosine of the angle between two vectors of one encoder, -1 to 1.
    pub fn dot(&self, other: &Self) -> f32 {
        debug_assert_eq!(self.whole.len(), other.whole.len(), "both are of one encoder");
        product(&self.whole, &other.whole) as f32 * (self.step * other.step)
    }
}

/// Exact: a product has 14 bits, so 100,000 of them fit.
fn product(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

#[cfg(test)]
mod tests {
    use super::Vector;

    #[test]
    fn a_vector_has_length_1_and_its_direction() {
        let vector = Vector::new(&[3.0, -4.0, 0.0]);
        assert!((vector.dot(&vector) - 1.0).abs() < 1e-6);
        let components: Vec<f32> = vector.components().collect();
        for (found, expected) in components.iter().zip([0.6, -0.8, 0.0]) {
            assert!((found - expected).abs() < 4e-3, "{components:?}");
        }
    }

    #[test]
    fn a_vector_is_the_same_after_being_written_and_read() {
        let vector = Vector::new(&[0.3, 0.1, -0.7, 0.02]);
        assert_eq!(Vector::from_whole(vector.whole().into()), vector);
    }

    #[test]
    fn without_a_direction_every_product_is_0() {
        for components in [[0.0, 0.0], [f32::NAN, f32::INFINITY]] {
            let nowhere = Vector::new(&components);
            assert_eq!(nowhere.dot(&nowhere), 0.0);
            assert_eq!(nowhere.dot(&Vector::new(&[1.0, 0.0])), 0.0);
        }
    }
}
