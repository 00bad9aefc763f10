//! What a column holds, by its declared type.

use mysql::Column as ResultColumn;
use mysql::consts::{ColumnFlags, ColumnType};

use super::super::catalog::{Column, ColumnKind};
use super::cells::BINARY;

/// Collations that compare and order by UTF-8's bytes, trailing blanks too: others find `'a'` and `'a '` equal, or order
/// other characters' bytes.
const BY_BYTES: [&str; 5] =
    ["utf8mb4_0900_bin", "utf8mb4_nopad_bin", "utf8mb3_nopad_bin", "utf8_nopad_bin", "ascii_nopad_bin"];

const OF_NO_LANGUAGE: [&str; 19] = [
    "general_ci",
    "general_nopad_ci",
    "unicode_ci",
    "unicode_nopad_ci",
    "unicode_520_ci",
    "unicode_520_nopad_ci",
    "uca1400_ai_ci",
    "uca1400_ai_cs",
    "uca1400_as_ci",
    "uca1400_as_cs",
    "uca1400_nopad_ai_ci",
    "uca1400_nopad_ai_cs",
    "uca1400_nopad_as_ci",
    "uca1400_nopad_as_cs",
    "0900_ai_ci",
    "0900_as_ci",
    "0900_as_cs",
    "bin",
    "nopad_bin",
];

/// Of a declared type such as `int(10) unsigned`.
pub(super) fn kind(declared: &str) -> ColumnKind {
    match word(declared).as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" | "year" | "bit" => ColumnKind::Integer,
        "decimal" | "numeric" => ColumnKind::Decimal,
        "float" | "double" => ColumnKind::Float,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" | "inet4" | "inet6" => {
            ColumnKind::Text
        }
        "date" => ColumnKind::Date,
        "datetime" => ColumnKind::DateTime,
        // Kept and given in UTC.
        "timestamp" => ColumnKind::DateTimeZoned,
        "time" => ColumnKind::Time,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector" | "geometry" | "point"
        | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon" | "geometrycollection"
        | "geomcollection" => ColumnKind::Binary,
        "json" => ColumnKind::Json,
        "uuid" => ColumnKind::Uuid,
        _ => ColumnKind::Dynamic,
    }
}

/// Whether values may be merged by what they are: integers, and texts that are ordered by their bytes.
pub(super) fn is_exact(declared: &str, collation: Option<&str>) -> bool {
    match kind(declared) {
        ColumnKind::Integer => true,
        // An enum is ordered by the numbers of its members.
        ColumnKind::Text => {
            !matches!(word(declared).as_str(), "enum" | "set") && collation.is_some_and(|name| BY_BYTES.contains(&name))
        }
        _ => false,
    }
}

/// Whether texts are told apart and ordered as [`Column::orders_codes`](crate::source::catalog::Column) wants it: collations of no
/// language, and the old default.
pub(super) fn orders_codes(declared: &str, collation: Option<&str>) -> bool {
    let Some((charset, name)) = collation.and_then(|name| name.split_once('_')) else { return false };
    let is_text = kind(declared) == ColumnKind::Text && !matches!(word(declared).as_str(), "enum" | "set");
    let is_known = match charset {
        "utf8mb4" | "utf8mb3" | "utf8" | "ascii" => OF_NO_LANGUAGE.contains(&name),
        "latin1" => matches!(name, "swedish_ci" | "bin" | "swedish_nopad_ci" | "nopad_bin"),
        _ => false,
    };
    is_text && is_known
}

fn word(declared: &str) -> String {
    declared.split(['(', ' ']).next().unwrap_or_default().to_ascii_lowercase()
}

/// A column of a query. `collation` is what its number stands for.
pub(super) fn of_result(column: &ResultColumn, collation: Option<&str>) -> Column {
    let declared = declared(column);
    let kind = kind(&declared);
    let collation = collation.filter(|_| kind == ColumnKind::Text).map(str::to_owned);
    Column {
        name: column.name_str().into_owned(),
        nullable: true,
        exact: is_exact(&declared, collation.as_deref()),
        // A result may be of other collations than it says.
        orders_codes: false,
        collation,
        scale: (kind == ColumnKind::Decimal).then(|| column.decimals().into()),
        kind,
        declared,
    }
}

/// The type of a query's column as it would be declared, but for its lengths.
fn declared(column: &ResultColumn) -> String {
    use ColumnType::*;
    let flags = column.flags();
    let is_binary = column.character_set() == BINARY;
    let either = |binary: &'static str, text: &'static str| if is_binary { binary } else { text };
    let name = match column.column_type() {
        MYSQL_TYPE_TINY => "tinyint",
        MYSQL_TYPE_SHORT => "smallint",
        MYSQL_TYPE_INT24 => "mediumint",
        MYSQL_TYPE_LONG => "int",
        MYSQL_TYPE_LONGLONG => "bigint",
        MYSQL_TYPE_YEAR => "year",
        MYSQL_TYPE_BIT => "bit",
        MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => "decimal",
        MYSQL_TYPE_FLOAT => "float",
        MYSQL_TYPE_DOUBLE => "double",
        MYSQL_TYPE_DATE | MYSQL_TYPE_NEWDATE => "date",
        MYSQL_TYPE_DATETIME | MYSQL_TYPE_DATETIME2 => "datetime",
        MYSQL_TYPE_TIMESTAMP | MYSQL_TYPE_TIMESTAMP2 => "timestamp",
        MYSQL_TYPE_TIME | MYSQL_TYPE_TIME2 => "time",
        MYSQL_TYPE_JSON => "json",
        MYSQL_TYPE_GEOMETRY => "geometry",
        MYSQL_TYPE_VECTOR => "vector",
        MYSQL_TYPE_ENUM => "enum",
        MYSQL_TYPE_SET => "set",
        MYSQL_TYPE_STRING if flags.contains(ColumnFlags::ENUM_FLAG) => "enum",
        MYSQL_TYPE_STRING if flags.contains(ColumnFlags::SET_FLAG) => "set",
        MYSQL_TYPE_STRING => either("binary", "char"),
        MYSQL_TYPE_VARCHAR | MYSQL_TYPE_VAR_STRING => either("varbinary", "varchar"),
        MYSQL_TYPE_TINY_BLOB | MYSQL_TYPE_BLOB | MYSQL_TYPE_MEDIUM_BLOB | MYSQL_TYPE_LONG_BLOB => {
            either("blob", "text")
        }
        _ => "",
    };
    let unsigned = if flags.contains(ColumnFlags::UNSIGNED_FLAG) && name.ends_with("int") { " unsigned" } else { "" };
    format!("{name}{unsigned}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_declared_type() {
        use ColumnKind::*;
        for (kind_of, types) in [
            (Integer, "tinyint(1)|int(10) unsigned|bigint unsigned|bigint(20) unsigned zerofill|year(4)|bit(1)"),
            (Decimal, "decimal(12,4)|decimal(10,0) unsigned"),
            (Float, "float|double(8,2)|float unsigned"),
            (Text, "varchar(255)|char(36)|longtext|enum('int','b')|set('a b')|inet6"),
            (Date, "date"),
            (DateTime, "datetime|datetime(6)"),
            (DateTimeZoned, "timestamp|timestamp(3)"),
            (Time, "time(2)"),
            (Binary, "binary(16)|varbinary(16)|mediumblob|point|geometry|vector(3)"),
            (Json, "json"),
            (Uuid, "uuid"),
            (Dynamic, "|xmltype"),
        ] {
            for declared in types.split('|') {
                assert_eq!(kind(declared), kind_of, "{declared}");
            }
        }
    }

    #[test]
    fn exact_are_integers_and_texts_without_padding() {
        assert!(is_exact("bigint(20) unsigned", None) && is_exact("bit(3)", None));
        for (declared, collation, expected) in [
            ("varchar(20)", "utf8mb4_bin", false),
            ("varchar(20)", "utf8mb4_nopad_bin", true),
            ("char(20)", "utf8mb4_0900_bin", true),
            ("enum('b','a')", "utf8mb4_0900_bin", false),
            ("text", "latin1_nopad_bin", false),
            ("text", "utf8mb4_0900_ai_ci", false),
        ] {
            assert_eq!(is_exact(declared, Some(collation)), expected, "{declared} {collation}");
        }
    }
}
