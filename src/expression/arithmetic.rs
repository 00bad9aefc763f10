//! Numbers: what a value is worth as one, and computing with them.
//!
//! Integers stay integers until they overflow, then they are exact decimals; decimals are exact; a float makes the
//! result a float. A result that is no finite number is an error, not a value.

use std::borrow::Cow;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::num_traits::{Pow, Signed, ToPrimitive, Zero};
use bigdecimal::{BigDecimal, RoundingMode};

use super::EvaluationError;
use super::ast::Arithmetic;
use super::decimal;
use super::numeral::{self, TextNumber};
use super::value::Value;

/// Significant digits of a quotient that does not end sooner.
const QUOTIENT_DIGITS: u64 = 38;

enum Number<'v> {
    Int(i64),
    Decimal(Cow<'v, BigDecimal>),
    Float(f64),
}

/// `None` for null. A text is worth the number it begins with.
fn number<'v>(value: &'v Value<'_>) -> Result<Option<Number<'v>>, EvaluationError> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Bool(truth) => Number::Int(i64::from(*truth)),
        Value::Int(int) => Number::Int(*int),
        Value::Decimal(decimal) => Number::Decimal(Cow::Borrowed(decimal)),
        Value::Float(float) => Number::Float(*float),
        Value::Text(text) => match numeral::leading_number(text) {
            TextNumber::Int(int) => Number::Int(int),
            TextNumber::Decimal(decimal) => Number::Decimal(Cow::Owned(decimal)),
            TextNumber::Unreasonable => return Err(unreasonable(text)),
        },
    }))
}

impl Number<'_> {
    fn is_zero(&self) -> bool {
        match self {
            Number::Int(int) => *int == 0,
            Number::Decimal(decimal) => decimal.is_zero(),
            Number::Float(float) => *float == 0.0,
        }
    }

    fn to_f64(&self) -> f64 {
        match self {
            Number::Int(int) => *int as f64,
            Number::Decimal(decimal) => decimal_to_f64(decimal),
            Number::Float(float) => *float,
        }
    }

    fn to_decimal(&self) -> Result<Cow<'_, BigDecimal>, EvaluationError> {
        match self {
            Number::Int(int) => Ok(Cow::Owned(BigDecimal::from(*int))),
            Number::Decimal(decimal) => Ok(Cow::Borrowed(decimal)),
            Number::Float(float) => decimal::decimal_of_f64(*float).map(Cow::Owned).ok_or_else(not_finite),
        }
    }

    /// Without what stands after the point.
    fn to_integer(&self) -> Result<BigInt, EvaluationError> {
        match self {
            Number::Int(int) => Ok(BigInt::from(*int)),
            other => Ok(truncated(other.to_decimal()?.as_ref())),
        }
    }
}

/// The sum of two numbers; a text is worth the number it begins with.
pub fn sum(left: &Value<'_>, right: &Value<'_>) -> Result<Value<'static>, EvaluationError> {
    compute(Arithmetic::Add, left, right)
}

pub(super) fn compute<'a>(
    operation: Arithmetic,
    left: &Value<'_>,
    right: &Value<'_>,
) -> Result<Value<'a>, EvaluationError> {
    // Both are looked at even if one is null: an error in either is an error.
    let (left, right) = (number(left)?, number(right)?);
    let (Some(left), Some(right)) = (left, right) else { return Ok(Value::Null) };
    match operation {
        Arithmetic::Divide | Arithmetic::Remainder if right.is_zero() => Ok(Value::Null),
        Arithmetic::Remainder => remainder(&left, &right),
        _ => match (&left, &right) {
            (Number::Int(left), Number::Int(right)) => integers(operation, *left, *right),
            (Number::Float(_), _) | (_, Number::Float(_)) => floats(operation, left.to_f64(), right.to_f64()),
            _ => decimals(operation, &*left.to_decimal()?, &*right.to_decimal()?),
        },
    }
}

fn integers<'a>(operation: Arithmetic, left: i64, right: i64) -> Result<Value<'a>, EvaluationError> {
    let result = match operation {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_rem(right),
    };
    match result {
        Some(int) => Ok(Value::Int(int)),
        None => decimals(operation, &BigDecimal::from(left), &BigDecimal::from(right)),
    }
}

fn floats<'a>(operation: Arithmetic, left: f64, right: f64) -> Result<Value<'a>, EvaluationError> {
    finite(match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    })
}

fn decimals<'a>(operation: Arithmetic, left: &BigDecimal, right: &BigDecimal) -> Result<Value<'a>, EvaluationError> {
    let result = match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => quotient(left, right),
        Arithmetic::Remainder => left % right,
    };
    reasonable(result)
}

/// Exact where it ends within [`QUOTIENT_DIGITS`], else rounded to so many, half to even.
fn quotient(left: &BigDecimal, right: &BigDecimal) -> BigDecimal {
    let (dividend, dividend_scale) = left.as_bigint_and_scale();
    let (divisor, divisor_scale) = right.as_bigint_and_scale();
    // So many zeros that the integer quotient has more digits than are wanted.
    let zeros = (QUOTIENT_DIGITS + 2 + right.digits()).saturating_sub(left.digits());
    let enlarged = dividend.as_ref() * BigInt::from(10).pow(zeros);
    let whole = &enlarged / divisor.as_ref();
    let rest = &enlarged - &whole * divisor.as_ref();
    let mut scale = dividend_scale - divisor_scale + zeros as i64;
    let mut digits = whole;
    if !rest.is_zero() {
        // One digit more stands for all that follow: it only has to tell a half from more than a half.
        let sign = if dividend.sign() == divisor.sign() { 1 } else { -1 };
        digits = digits * 10 + sign;
        scale += 1;
    }
    let quotient = BigDecimal::new(digits, scale);
    let excess = quotient.digits().saturating_sub(QUOTIENT_DIGITS);
    if excess == 0 {
        return quotient.normalized();
    }
    quotient.with_scale_round(scale - excess as i64, RoundingMode::HalfEven).normalized()
}

/// As in SQLite, of the operands without what stands after their points.
fn remainder<'a>(left: &Number<'_>, right: &Number<'_>) -> Result<Value<'a>, EvaluationError> {
    if let (Number::Int(left), Number::Int(right)) = (left, right) {
        return Ok(Value::Int(left.wrapping_rem(*right)));
    }
    let (dividend, divisor) = (left.to_integer()?, right.to_integer()?);
    if divisor.is_zero() {
        return Ok(Value::Null);
    }
    let rest = BigDecimal::from(dividend % divisor);
    match (left, right) {
        (Number::Float(_), _) | (_, Number::Float(_)) => finite(decimal_to_f64(&rest)),
        _ => reasonable(rest),
    }
}

pub(super) fn negate<'a>(value: &Value<'_>) -> Result<Value<'a>, EvaluationError> {
    Ok(match number(value)? {
        None => Value::Null,
        Some(Number::Int(int)) => match int.checked_neg() {
            Some(negative) => Value::Int(negative),
            None => Value::decimal(-BigDecimal::from(int)),
        },
        Some(Number::Decimal(decimal)) => Value::decimal(-decimal.into_owned()),
        Some(Number::Float(float)) => Value::Float(-float),
    })
}

pub(super) fn abs<'a>(value: &Value<'_>) -> Result<Value<'a>, EvaluationError> {
    Ok(match number(value)? {
        None => Value::Null,
        Some(Number::Int(int)) => match int.checked_abs() {
            Some(positive) => Value::Int(positive),
            None => Value::decimal(BigDecimal::from(int).abs()),
        },
        Some(Number::Decimal(decimal)) => Value::decimal(decimal.abs()),
        Some(Number::Float(float)) => Value::Float(float.abs()),
    })
}

/// Half away from zero. An integer becomes a decimal, as in SQL `round` never gives an integer: `round(5) / 2` is 2.5.
pub(super) fn round<'a>(value: &Value<'_>, places: u32) -> Result<Value<'a>, EvaluationError> {
    Ok(match number(value)? {
        None => Value::Null,
        Some(Number::Float(float)) => {
            let digits = decimal::decimal_of_f64(float).ok_or_else(not_finite)?;
            Value::Float(decimal_to_f64(&decimal::round_decimal(&digits, places)))
        }
        Some(exact) => Value::decimal(decimal::round_decimal(&*exact.to_decimal()?, places)),
    })
}

/// `cast(... as integer)`: what stands after the point is cut off. Beyond 64 bits the result is an exact decimal.
pub(super) fn to_integer<'a>(value: &Value<'_>) -> Result<Value<'a>, EvaluationError> {
    let whole = match value {
        Value::Text(text) => match numeral::leading_integer(text) {
            TextNumber::Int(int) => return Ok(Value::Int(int)),
            TextNumber::Decimal(decimal) => truncated(&decimal),
            TextNumber::Unreasonable => return Err(unreasonable(text)),
        },
        value => match number(value)? {
            None => return Ok(Value::Null),
            Some(Number::Int(int)) => return Ok(Value::Int(int)),
            Some(other) => other.to_integer()?,
        },
    };
    Ok(match whole.to_i64() {
        Some(int) => Value::Int(int),
        None => Value::decimal(BigDecimal::from(whole)),
    })
}

/// `cast(... as decimal)`, rounded half away from zero where the type names its places.
pub(super) fn to_decimal<'a>(value: &Value<'_>, places: Option<u32>) -> Result<Value<'a>, EvaluationError> {
    let Some(number) = number(value)? else { return Ok(Value::Null) };
    let decimal = number.to_decimal()?;
    Ok(Value::decimal(match places {
        Some(places) => decimal::round_decimal(&decimal, places),
        None => decimal.into_owned(),
    }))
}

/// `cast(... as real)`.
pub(super) fn to_float<'a>(value: &Value<'_>) -> Result<Value<'a>, EvaluationError> {
    number(value)?.map_or(Ok(Value::Null), |number| finite(number.to_f64()))
}

/// An integer where a function wants one (a position, a count), at the ends of the range where it lies beyond.
/// `None` for null.
pub(super) fn integer_argument(value: &Value<'_>) -> Result<Option<i64>, EvaluationError> {
    Ok(match to_integer(value)? {
        Value::Int(int) => Some(int),
        Value::Decimal(decimal) => Some(if decimal.is_negative() { i64::MIN } else { i64::MAX }),
        _ => None,
    })
}

fn truncated(decimal: &BigDecimal) -> BigInt {
    decimal.with_scale_round(0, RoundingMode::Down).into_bigint_and_scale().0
}

/// The nearest float; by way of the digits, because that conversion is exact.
fn decimal_to_f64(decimal: &BigDecimal) -> f64 {
    let (mantissa, scale) = decimal.as_bigint_and_scale();
    format!("{mantissa}e{}", -scale).parse().unwrap_or(f64::NAN)
}

fn finite<'a>(float: f64) -> Result<Value<'a>, EvaluationError> {
    if float.is_finite() { Ok(Value::Float(float)) } else { Err(not_finite()) }
}

fn reasonable<'a>(decimal: BigDecimal) -> Result<Value<'a>, EvaluationError> {
    if decimal::is_reasonable(&decimal) {
        Ok(Value::decimal(decimal))
    } else {
        Err(EvaluationError::of_computation("the result has too many digits"))
    }
}

fn not_finite() -> EvaluationError {
    EvaluationError::of_computation("the result is no finite number")
}

fn unreasonable(text: &str) -> EvaluationError {
    let shown: String = text.trim().chars().take(20).collect();
    EvaluationError::of_computation(format!("`{shown}` is too large or too fine a number"))
}
