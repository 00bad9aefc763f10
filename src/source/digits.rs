//! Numbers in decimal digits, as dates and times hold them: for every row, so without a formatter.

/// Appends a number, none below zero, with zeros before it up to `width` digits in all.
pub fn write_padded(number: i64, width: usize, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut from = digits.len();
    while rest > 0 || from > digits.len() - width {
        from -= 1;
        digits[from] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_at_least_so_many_digits() {
        for (number, width, expected) in
            [(0, 1, "0"), (7, 2, "07"), (2024, 4, "2024"), (12_345, 4, "12345"), (i64::MAX, 1, "9223372036854775807")]
        {
            let mut out = Vec::new();
            write_padded(number, width, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
