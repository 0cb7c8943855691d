//! Length-prefixed frames: the size is checked before anything is read or reserved.

use super::WireError;

/// Bytes of the length prefix.
pub const PREFIX_BYTES: usize = 4;

/// The length that a frame's prefix states, if it is possible.
///
/// # Errors
/// [`WireError::BadLength`] if negative, [`WireError::TooLarge`] if over `bytes_max`.
pub fn length(prefix: [u8; PREFIX_BYTES], bytes_max: usize) -> Result<usize, WireError> {
    let stated = i32::from_be_bytes(prefix);
    let length = usize::try_from(stated).map_err(|_| WireError::BadLength)?;
    if length > bytes_max { Err(WireError::TooLarge) } else { Ok(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_lengths_are_refused_from_the_prefix_alone() {
        assert_eq!(length((-1i32).to_be_bytes(), 100), Err(WireError::BadLength));
        assert_eq!(length(i32::MIN.to_be_bytes(), 100), Err(WireError::BadLength));
        assert_eq!(length(101i32.to_be_bytes(), 100), Err(WireError::TooLarge));
        assert_eq!(length(i32::MAX.to_be_bytes(), 100), Err(WireError::TooLarge));
        assert_eq!(length(100i32.to_be_bytes(), 100), Ok(100));
        assert_eq!(length([0; 4], 100), Ok(0));
    }
}
