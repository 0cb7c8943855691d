//! How an answer may be encoded for its way (RFC 9110 12.5.3).

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// The highest weight, in thousandths.
const WEIGHT_MAX: u16 = 1000;

/// Whether gzip is accepted, and wanted no less than no coding at all. Who says nothing gets none.
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    for value in headers.get_all(ACCEPT_ENCODING) {
        for item in value.to_str().unwrap_or_default().split(',') {
            let mut parts = item.split(';').map(str::trim);
            let slot = match parts.next().map(str::to_ascii_lowercase).as_deref() {
                Some("gzip" | "x-gzip") => &mut gzip,
                Some("*") => &mut any,
                Some("identity") => &mut identity,
                _ => continue,
            };
            // What cannot be read is no wish.
            let weight = parts.next().map_or(Some(WEIGHT_MAX), weight).unwrap_or(0);
            *slot = Some(slot.unwrap_or(0).max(weight));
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// `q=` and a number from 0 to 1 with at most three digits behind the point, in thousandths.
fn weight(parameter: &str) -> Option<u16> {
    let text = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
    let right = matches!(whole, "0" | "1") && digits.len() <= 3;
    if !right || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let weight = format!("{whole}{digits:0<3}").parse().ok()?;
    (weight <= WEIGHT_MAX).then_some(weight)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_chosen_by_weights() {
        let accepted = [
            "gzip",
            "gzip, deflate, br, zstd",
            "deflate, GZIP;q=0.001",
            "x-gzip",
            "*",
            "br;q=1.0, *;q=0.5",
            "identity, gzip",
            "identity;q=0.5, gzip; q=0.500",
            "identity;q=0, *",
            " gzip ;q=1.000 ,br",
        ];
        for value in accepted {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
            assert!(accepts_gzip(&headers), "{value}");
        }
        let refused = [
            "",
            "br",
            "identity",
            "gzip;q=0",
            "gzip;q=0.000",
            "gzip;q=0, *",
            "*;q=0",
            "identity, gzip;q=0.9",
            "gzip;q=nan",
            "gzip;q=1.001",
            "gzip;q=0.0001",
            "gzip;q=-1",
            "gzip;level=1",
            "gzippy",
            "sgzip",
        ];
        for value in refused {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
            assert!(!accepts_gzip(&headers), "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
        let mut several = HeaderMap::new();
        several.append(ACCEPT_ENCODING, HeaderValue::from_static("br"));
        several.append(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(accepts_gzip(&several));
    }
}
