//! What a column holds, by the habits of naming types: SQLite itself only knows five storage classes.

use super::super::catalog::ColumnKind;

/// Of a declared type such as `VARCHAR(20)`; empty where none is declared.
pub(super) fn kind(declared: &str) -> ColumnKind {
    let declared = declared.to_ascii_uppercase();
    let name = declared.split('(').next().unwrap_or_default().trim();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let starts = |parts: &[&str]| parts.iter().any(|part| name.starts_with(part));
    // `TIMESTAMP(3) WITH TIME ZONE` says it behind its parentheses.
    let zoned = declared.contains("WITH TIME ZONE") || declared.contains("WITH LOCAL TIME ZONE");

    if starts(&["BOOL"]) {
        ColumnKind::Boolean
    } else if has(&["TIMESTAMPTZ", "DATETIMETZ", "DATETIMEOFFSET"]) || zoned && has(&["TIMESTAMP", "DATETIME"]) {
        ColumnKind::DateTimeZoned
    } else if has(&["TIMESTAMP", "DATETIME"]) {
        ColumnKind::DateTime
    } else if starts(&["DATE"]) {
        ColumnKind::Date
    } else if starts(&["TIME"]) {
        ColumnKind::Time
    } else if name.split_whitespace().any(is_integer_word) || starts(&["SERIAL", "BIGSERIAL", "YEAR"]) {
        ColumnKind::Integer
    } else if has(&["UUID", "GUID", "UNIQUEIDENTIFIER"]) {
        ColumnKind::Uuid
    } else if starts(&["JSON"]) {
        ColumnKind::Json
    } else if has(&["CHAR", "CLOB", "TEXT", "STRING"]) || starts(&["ENUM", "SET"]) {
        ColumnKind::Text
    } else if has(&["BLOB", "BINARY"]) || starts(&["BYTEA"]) {
        ColumnKind::Binary
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        ColumnKind::Float
    } else if starts(&["DEC", "NUMERIC", "NUMBER", "MONEY", "SMALLMONEY", "CURRENCY"]) {
        ColumnKind::Decimal
    } else {
        // Among them NUM, which CREATE TABLE AS declares for dates and JSON as well as for numbers.
        ColumnKind::Dynamic
    }
}

/// The decimal places of a declaration such as `DECIMAL(12,4)`.
pub(super) fn scale(declared: &str) -> Option<u32> {
    let (_, within) = declared.split_once('(')?;
    let (_, scale) = within.split_once(')')?.0.split_once(',')?;
    scale.trim().parse().ok().filter(|_| kind(declared) == ColumnKind::Decimal)
}

/// True where the column keeps integers as integers and compares them so: SQLite's own rule for integer affinity.
pub(super) fn has_integer_affinity(declared: &str) -> bool {
    declared.to_ascii_uppercase().contains("INT")
}

/// True where the column turns numbers into text when it stores them: SQLite's own rule for text affinity.
pub(super) fn has_text_affinity(declared: &str) -> bool {
    let declared = declared.to_ascii_uppercase();
    !declared.contains("INT") && ["CHAR", "CLOB", "TEXT"].iter().any(|part| declared.contains(part))
}

/// `INT`, `INTEGER`, `INT8`, `BIGINT`, but neither `INTERVAL` nor `POINT`.
fn is_integer_word(word: &str) -> bool {
    word.starts_with("INT") && !word.starts_with("INTERVAL") || word.ends_with("INT") && !word.ends_with("POINT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_name() {
        use ColumnKind::*;
        for (kind_of, names) in [
            (Integer, "INTEGER|int|TINYINT(1)|BIGINT(20) UNSIGNED|UNSIGNED BIG INT|INT2|mediumint|SERIAL|YEAR(4)"),
            (Boolean, "BOOLEAN|bool"),
            (Decimal, "DECIMAL(10,2)|NUMERIC|MONEY|numeric(20, 6)|NUMBER(9)|DEC"),
            (Float, "REAL|FLOAT|DOUBLE PRECISION|double(8,2)"),
            (Text, "TEXT|VARCHAR(255)|NATIVE CHARACTER(70)|NVARCHAR(10)|CLOB|STRING|ENUM('a','int')|mediumtext"),
            (Date, "DATE|date"),
            (DateTime, "DATETIME|TIMESTAMP|timestamp(3)|TIMESTAMP WITHOUT TIME ZONE"),
            (DateTimeZoned, "TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE|TIMESTAMP(3) WITH TIME ZONE|datetimeoffset"),
            (Time, "TIME|time(3)|TIME WITH TIME ZONE|TIMETZ"),
            (Binary, "BLOB|VARBINARY(16)|BINARY|LONGBLOB"),
            (Json, "JSON|jsonb"),
            (Uuid, "UUID|GUID|uniqueidentifier"),
            (Dynamic, "|NUM|ANY|POINT|INTERVAL|GEOMETRY"),
        ] {
            for name in names.split('|') {
                assert_eq!(kind(name), kind_of, "{name}");
            }
        }
    }

    #[test]
    fn affinity_by_the_rules_of_sqlite() {
        assert_eq!(["DECIMAL(12, 4)", "numeric(9)", "double(8,2)"].map(scale), [Some(4), None, None]);
        assert!(has_integer_affinity("TINYINT(1)") && !has_integer_affinity("DECIMAL(5)"));
        assert!(has_text_affinity("VARCHAR(9)") && !has_text_affinity("CHARINT") && !has_text_affinity("STRING"));
    }
}
