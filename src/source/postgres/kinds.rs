//! What a column holds, by its type. Domains are what they are made of.

use tokio_postgres::types::{Kind, Type};

use super::super::catalog::ColumnKind;

/// What kind of type it is, as far as the type's own number does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Enum,
    Array,
    /// Text without regard to case, from an extension: its number differs from database to database.
    Citext,
    Other,
}

impl Class {
    pub fn of(of: &Type) -> Self {
        match of.kind() {
            Kind::Enum(_) => Class::Enum,
            Kind::Array(_) => Class::Array,
            _ if of.name() == "citext" => Class::Citext,
            _ => Class::Other,
        }
    }
}

/// `modifier` is the type's, such as the length of `bit(8)`; -1 without one.
pub(super) fn kind(oid: u32, class: Class, modifier: i32) -> ColumnKind {
    match class {
        Class::Enum | Class::Citext => return ColumnKind::Text,
        Class::Array => return ColumnKind::Json,
        Class::Other => {}
    }
    match Type::from_oid(oid) {
        Some(Type::INT2 | Type::INT4 | Type::INT8 | Type::OID) => ColumnKind::Integer,
        Some(Type::NUMERIC) => ColumnKind::Decimal,
        Some(Type::FLOAT4 | Type::FLOAT8) => ColumnKind::Float,
        Some(Type::BOOL) => ColumnKind::Boolean,
        Some(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR) => ColumnKind::Text,
        Some(Type::BYTEA) => ColumnKind::Binary,
        Some(Type::DATE) => ColumnKind::Date,
        Some(Type::TIMESTAMP) => ColumnKind::DateTime,
        Some(Type::TIMESTAMPTZ) => ColumnKind::DateTimeZoned,
        Some(Type::TIME) => ColumnKind::Time,
        Some(Type::JSON | Type::JSONB) => ColumnKind::Json,
        Some(Type::UUID) => ColumnKind::Uuid,
        Some(Type::BIT) => match modifier {
            1..=63 => ColumnKind::Integer,
            // Its largest values are beyond an integer's.
            64 => ColumnKind::Decimal,
            _ => ColumnKind::Dynamic,
        },
        _ => ColumnKind::Dynamic,
    }
}

/// Decimal places of a `numeric` with this modifier.
pub(super) fn scale(oid: u32, modifier: i32) -> Option<u32> {
    /// Before it come precision and scale.
    const HEADER: i32 = 4;
    if oid != Type::NUMERIC.oid() || modifier < HEADER {
        return None;
    }
    // Eleven bits with a sign, since a scale may be negative.
    let scale = ((modifier - HEADER) & 0x7ff ^ 0x400) - 0x400;
    u32::try_from(scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_scales() {
        let of = |of: &Type, modifier| kind(of.oid(), Class::of(of), modifier);
        assert_eq!(of(&Type::INT4_ARRAY, -1), ColumnKind::Json);
        assert_eq!((of(&Type::BIT, 8), of(&Type::BIT, 64)), (ColumnKind::Integer, ColumnKind::Decimal));
        assert_eq!((of(&Type::INET, -1), of(&Type::TIMETZ, -1)), (ColumnKind::Dynamic, ColumnKind::Dynamic));
        let numeric = Type::NUMERIC.oid();
        // numeric(10,2), numeric(5,-2), numeric
        assert_eq!([655_366, 329_730, -1].map(|modifier| scale(numeric, modifier)), [Some(2), None, None]);
        assert_eq!(scale(Type::TEXT.oid(), 24), None);
    }
}
