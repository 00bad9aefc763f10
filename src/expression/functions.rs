//! The functions of the language, as SQLite defines them, and `split_part` as PostgreSQL does.

use super::text::{self, Sides};
use super::value::Value;
use super::{EvaluationError, arithmetic, comparison};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Coalesce,
    Nullif,
    Lower,
    Upper,
    Trim,
    Ltrim,
    Rtrim,
    Replace,
    Substr,
    Length,
    Round,
    Abs,
    SplitPart,
}

impl Function {
    const ALL: [Function; 13] = [
        Function::Coalesce,
        Function::Nullif,
        Function::Lower,
        Function::Upper,
        Function::Trim,
        Function::Ltrim,
        Function::Rtrim,
        Function::Replace,
        Function::Substr,
        Function::Length,
        Function::Round,
        Function::Abs,
        Function::SplitPart,
    ];

    /// By its name in lower case.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            // The parser's own word for it is `substring`.
            "substring" => Some(Function::Substr),
            name => Self::ALL.into_iter().find(|function| function.name() == name),
        }
    }

    fn name(self) -> &'static str {
        self.usage().split('(').next().unwrap_or_default()
    }

    pub fn usage(self) -> &'static str {
        match self {
            Function::Coalesce => "coalesce(a, b, ...)",
            Function::Nullif => "nullif(a, b)",
            Function::Lower => "lower(text)",
            Function::Upper => "upper(text)",
            Function::Trim => "trim(text, characters)",
            Function::Ltrim => "ltrim(text, characters)",
            Function::Rtrim => "rtrim(text, characters)",
            Function::Replace => "replace(text, old, new)",
            Function::Substr => "substr(text, first, length)",
            Function::Length => "length(text)",
            Function::Round => "round(number, places)",
            Function::Abs => "abs(number)",
            Function::SplitPart => "split_part(text, separator, number)",
        }
    }

    /// The least and the most arguments.
    pub fn arity(self) -> (usize, usize) {
        match self {
            Function::Coalesce => (2, usize::MAX),
            Function::Nullif => (2, 2),
            Function::Lower | Function::Upper | Function::Length | Function::Abs => (1, 1),
            Function::Trim | Function::Ltrim | Function::Rtrim | Function::Round => (1, 2),
            Function::Replace | Function::SplitPart => (3, 3),
            Function::Substr => (2, 3),
        }
    }
}

/// What to use instead of a function that there is not.
pub(super) fn advice(name: &str) -> String {
    let instead = match name {
        "ifnull" | "nvl" | "isnull" => "`coalesce`",
        "concat" | "concat_ws" | "group_concat" | "string_agg" => "`||`, or a template",
        "if" | "iif" | "decode" => "`case when ... then ... else ... end`",
        "char_length" | "character_length" | "len" => "`length`",
        "lcase" => "`lower`",
        "ucase" => "`upper`",
        "left" | "mid" => "`substr`",
        "right" => "`substr(text, -n)`",
        "ceil" | "ceiling" | "floor" | "trunc" | "truncate" => "`round` or `cast(... as integer)`",
        "convert" => "`cast(... as ...)`",
        "count" | "sum" | "avg" | "min" | "max" => "a relation over `sql`: aggregates are the database's work",
        "now" | "date" | "datetime" | "strftime" | "current_date" | "current_timestamp" => {
            "`:today` in `where_sql`: an expression knows no clock"
        }
        _ => {
            let nearest = Function::ALL
                .iter()
                .map(|function| (strsim::damerau_levenshtein(function.name(), name), function.name()))
                .min();
            return match nearest {
                Some((distance, nearest)) if distance <= 2 => format!("did you mean `{nearest}`?"),
                _ => {
                    let names: Vec<_> = Function::ALL.iter().map(|function| function.name()).collect();
                    format!("there are {} and cast", names.join(", "))
                }
            };
        }
    };
    format!("use {instead}")
}

/// Calls a function over its values; those that were not given are null.
pub(super) fn call<'a>(
    function: Function,
    given: usize,
    first: Value<'a>,
    second: Value<'a>,
    third: Value<'a>,
) -> Result<Value<'a>, EvaluationError> {
    match function {
        // Evaluated argument by argument, elsewhere.
        Function::Coalesce => Ok(if first.is_null() { second } else { first }),
        Function::Nullif => {
            let equal = comparison::compare(&first, &second).is_some_and(|order| order.is_eq());
            Ok(if equal { Value::Null } else { first })
        }
        Function::Lower => Ok(text::lower(first)),
        Function::Upper => Ok(text::upper(first)),
        Function::Trim => Ok(text::trim(first, (given == 2).then_some(&second), Sides { left: true, right: true })),
        Function::Ltrim => Ok(text::trim(first, (given == 2).then_some(&second), Sides { left: true, right: false })),
        Function::Rtrim => Ok(text::trim(first, (given == 2).then_some(&second), Sides { left: false, right: true })),
        Function::Replace => text::replace(first, &second, &third),
        Function::Substr => text::substr(first, &second, (given == 3).then_some(&third)),
        Function::Length => Ok(text::length(&first)),
        Function::Round if given == 1 => arithmetic::round(&first, 0),
        Function::Round => {
            /// SQLite rounds to no more places than this.
            const MOST_PLACES: i64 = 30;
            match arithmetic::integer_argument(&second)? {
                None => Ok(Value::Null),
                Some(places) => arithmetic::round(&first, places.clamp(0, MOST_PLACES) as u32),
            }
        }
        Function::Abs => arithmetic::abs(&first),
        Function::SplitPart => text::split_part(first, &second, &third),
    }
}
