//! Logos: pictures in base64 that are checked before they are kept, so that none is too much to draw.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The most bytes of a picture.
pub const MOST_BYTES: usize = 70_000;
/// The most pixels on a side.
const MOST_PIXELS: u32 = 4_000;

/// A picture and its size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    Png(u32, u32),
    Jpeg(u32, u32),
}

impl Picture {
    /// What the bytes say they are; none for anything else.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        png(bytes).map(|(w, h)| Self::Png(w, h)).or_else(|| jpeg(bytes).map(|(w, h)| Self::Jpeg(w, h)))
    }

    /// What its file is called.
    pub fn file(self) -> &'static str {
        match self {
            Self::Png(..) => "logo.png",
            Self::Jpeg(..) => "logo.jpg",
        }
    }

    fn size(self) -> (u32, u32) {
        match self {
            Self::Png(w, h) | Self::Jpeg(w, h) => (w, h),
        }
    }
}

fn two(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 2).map(|two| two.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
}

fn four(bytes: &[u8], at: usize) -> Option<u32> {
    Some(two(bytes, at)? << 16 | two(bytes, at + 2)?)
}

/// Width and height of a PNG (ISO/IEC 15948, 11.2.2).
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let head = bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16) == Some(b"IHDR");
    if head { Some((four(bytes, 16)?, four(bytes, 20)?)) } else { None }
}

/// Width and height of a JPEG: of its first frame header (ITU-T T.81, B.2.2).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    if !bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return None;
    }
    let mut at = 2;
    loop {
        if bytes.get(at) != Some(&0xff) {
            return None;
        }
        match *bytes.get(at + 1)? {
            0xff => at += 1,
            0xc4 | 0xc8 | 0xcc => at += 2 + usize::try_from(two(bytes, at + 2)?).ok()?,
            0xc0..=0xcf => return Some((two(bytes, at + 7)?, two(bytes, at + 5)?)),
            0x01 | 0xd0..=0xd9 => at += 2,
            _ => at += 2 + usize::try_from(two(bytes, at + 2)?).ok()?,
        }
    }
}

/// Why a text is no logo.
///
/// # Errors
/// What is wrong with it, for who sent it.
pub fn check(base64: &str) -> Result<Picture, String> {
    let bytes = STANDARD.decode(base64.trim()).map_err(|_| "must be a picture in base64 (RFC 4648, 4)".to_owned())?;
    if bytes.len() > MOST_BYTES {
        return Err(format!("has {} bytes; at most {MOST_BYTES}", bytes.len()));
    }
    let picture = Picture::of(&bytes).ok_or_else(|| "must be a PNG or a JPEG".to_owned())?;
    let (width, height) = picture.size();
    if width == 0 || height == 0 || width > MOST_PIXELS || height > MOST_PIXELS {
        return Err(format!("has {width} × {height} pixels; at most {MOST_PIXELS} on a side"));
    }
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One pixel.
    pub const PNG: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    #[test]
    fn pictures_say_their_size() {
        assert_eq!(check(PNG), Ok(Picture::Png(1, 1)));
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc4, 0, 2, 0xff, 0xc0, 0, 17, 8, 0, 9, 0, 7, 3];
        assert_eq!(Picture::of(&jpeg), Some(Picture::Jpeg(7, 9)));
    }

    #[test]
    fn what_is_no_logo_is_refused() {
        let mut huge = STANDARD.decode(PNG).unwrap();
        huge[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
        assert!(check(&STANDARD.encode(&huge)).unwrap_err().contains("50000 × 1 pixels"));
        assert!(check("not base64!").unwrap_err().contains("base64"));
        assert!(check(&STANDARD.encode("<svg/>")).unwrap_err().contains("PNG or a JPEG"));
        assert!(check(&STANDARD.encode(vec![0; MOST_BYTES + 1])).unwrap_err().contains("at most 70000"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut jpeg = vec![0xff, 0xd8, 0xff];
            jpeg.extend(&bytes);
            let _ = (Picture::of(&bytes), Picture::of(&jpeg));
        }
    }
}
