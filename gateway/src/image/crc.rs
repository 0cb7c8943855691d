//! CRC-32 of what stands one behind the other, from the sums of its parts (as zlib's
//! `crc32_combine_op` does it): what lies in the length of a part is worked out once, so that a
//! thousand streams that join the same part to what they sent multiply once each.

/// The polynomial, lowest power first.
const POLYNOMIAL: u32 = 0xedb8_8320;
/// x⁰.
const ONE: u32 = 1 << 31;
/// x⁸: one byte.
const BYTE: u32 = ONE >> 8;

/// What a sum is multiplied by when so many bytes follow.
pub fn shift(mut bytes: usize) -> u32 {
    let (mut product, mut power) = (ONE, BYTE);
    while bytes > 0 {
        if bytes & 1 == 1 {
            product = multiply(product, power);
        }
        power = multiply(power, power);
        bytes >>= 1;
    }
    product
}

/// The sum of what was summed up as `before`, and of what follows it, whose own sum and shift these
/// are.
pub fn join(before: u32, (after, shift): (u32, u32)) -> u32 {
    multiply(shift, before) ^ after
}

/// The product of two polynomials, modulo the one of the sum.
fn multiply(a: u32, mut b: u32) -> u32 {
    let mut product = 0;
    for bit in (0..32).rev() {
        product ^= b & (a >> bit & 1).wrapping_neg();
        b = (b >> 1) ^ (POLYNOMIAL & (b & 1).wrapping_neg());
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn parts_are_joined_as_if_they_were_one(
            before in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
            after in proptest::collection::vec(proptest::num::u8::ANY, 0..70_000),
        ) {
            let joined = join(
                crc32fast::hash(&before),
                (crc32fast::hash(&after), shift(after.len())),
            );
            assert_eq!(joined, crc32fast::hash(&[before, after].concat()));
        }
    }
}
