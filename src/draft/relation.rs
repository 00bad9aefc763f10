//! The rows of other tables in a feed: what the entity refers to (`one`), what refers to it (`many`, or `one` where only one
//! row can), and what link tables lead to.

use super::column::{is_change_time, is_creation_time, is_position, label_rank};
use super::feed::{ColumnField, Feed, Shown, Workshop};
use super::key::is_sayable;
use super::name::{Names, identifier, is_identifier, without_key_word};
use super::rank;
use super::role::{self, Role, payload};
use super::schema::{Reference, TableId, bare_name};

/// Columns of a row that is referred to, or reached through a link table.
const MOST_OF_A_PARENT: usize = 8;
const MOST_OF_A_TARGET: usize = 4;
/// Columns of a row that belongs to the entity.
const MOST_OF_A_CHILD: usize = 40;
/// Rows of an array, on average: more make a document that is slow to build and sent anew all day.
const MOST_ROWS_EACH: u64 = 40;
/// Arrays in one feed.
const MOST_CHILDREN: usize = 12;

#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    pub name: String,
    pub is_many: bool,
    pub table: TableId,
    /// `as`, where the table's own name would not do.
    pub alias: Option<String>,
    /// A column of the table, and the entity's that it equals.
    pub on: Vec<(String, String)>,
    pub join: Option<Join>,
    pub order_by: Vec<String>,
    pub element: Element,
    /// Columns whose reference nobody declared.
    pub guessed: Vec<Reference>,
}

/// Why rows that refer to the entity are only suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// About so many each.
    TooMany(u64),
    /// Nobody knows how many.
    Unknown,
    /// Customers and the like, in a feed of something else.
    People,
    /// There are many arrays already.
    Enough,
}

/// What a link table leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    pub table: TableId,
    pub alias: Option<String>,
    /// A column of the table, and the link's that it equals.
    pub on: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Element {
    Fields(Vec<ColumnField>),
    /// A plain value.
    Value(String),
}

impl Relation {
    /// The tables that it reads.
    pub fn tables(&self) -> impl Iterator<Item = TableId> {
        [self.table].into_iter().chain(self.join.iter().map(|join| join.table))
    }
}

/// An alias for a table where its own name cannot be one, or names another table already.
pub fn alias(bare: &str, taken: &[&str]) -> Option<String> {
    let is_free = |name: &str| taken.iter().all(|other| !other.eq_ignore_ascii_case(name));
    if is_identifier(bare) && is_free(bare) {
        return None;
    }
    let plain = identifier(bare);
    let numbered = (2..).map(|number| format!("{plain}_{number}"));
    [plain.clone()].into_iter().chain(numbered).find(|name| is_free(name))
}

impl Workshop<'_> {
    pub(super) fn relations(&self, feed: &mut Feed, names: &mut Names) {
        let references: Vec<&Reference> = self.schema.references_of(feed.table).collect();
        for reference in references {
            feed.parents.extend(self.parent(feed, reference, names));
        }
        let mut referring: Vec<&Reference> = self.schema.references_to(feed.table).collect();
        // What belongs to the entity first: it is not what is left out where there is too much.
        referring.sort_by_key(|reference| match self.roles[reference.from] {
            Role::Part(owner) if owner == feed.table => 0,
            Role::Link => 1,
            _ => 2,
        });
        for reference in referring {
            self.referring(feed, reference, names);
        }
        if feed.children.len() > MOST_CHILDREN {
            let rest = feed.children.split_off(MOST_CHILDREN);
            feed.withheld.extend(rest.into_iter().map(|relation| (relation, Withheld::Enough)));
        }
    }

    fn parent(&self, feed: &Feed, reference: &Reference, names: &mut Names) -> Option<Relation> {
        if matches!(self.roles[reference.to], Role::Technical | Role::Log | Role::Settings | Role::View) {
            return None;
        }
        let fields = self.described(reference.to, &reference.to_columns, MOST_OF_A_PARENT)?;
        let on = self.pairs(reference.to, &reference.to_columns, feed.table, &reference.columns)?;
        let target = bare_name(self.schema.name(reference.to));
        let column = self.schema.column(feed.table, reference.columns[0]);
        let by_column = match reference.columns.as_slice() {
            [_] => without_key_word(&column.name),
            _ => String::new(),
        };
        // A column that names another row of its own table says more than the table's name does.
        let short = self.schema.short_name(reference.to);
        let own = if reference.to == reference.from { String::new() } else { short.to_owned() };
        let name = names.take_first(&[by_column, own, format!("{}_{short}", column.name)]);
        Some(Relation {
            name,
            is_many: false,
            table: reference.to,
            alias: alias(target, &[self.own_alias(feed)]),
            on,
            join: None,
            order_by: Vec::new(),
            element: Element::Fields(fields),
            guessed: guessed([reference]),
        })
    }

    /// Rows that refer to the entity.
    fn referring(&self, feed: &mut Feed, reference: &Reference, names: &mut Names) {
        let from = reference.from;
        match self.roles[from] {
            Role::View | Role::Technical | Role::Log | Role::Settings => return,
            Role::Values => {
                feed.values.push(from);
                return;
            }
            _ => {}
        }
        // Rows that are part of another entity are shown there.
        let owner = role::owner(self.schema, from).map(|owner| owner.to);
        let is_own = owner == Some(feed.table);
        if self.roles[from] != Role::Link && owner.is_some() && !is_own {
            return;
        }
        // Nearly everything is of some store or language; what is of nothing else may be shown there.
        let of_others = self.schema.references_of(from).any(|other| other.columns != reference.columns);
        if rank::is_scope(&self.schema.phrases[feed.table]) && of_others && !is_own {
            return;
        }
        // Of a link that ties rows of one table to each other, the first column is this row's.
        let mut sides = self.schema.references_of(from).filter(|side| side.to == feed.table);
        if self.roles[from] == Role::Link && sides.any(|side| side.columns < reference.columns) {
            return;
        }
        let relation = match self.roles[from] {
            Role::Link => self.linked(feed, reference, names).or_else(|| self.child(feed, reference, names)),
            _ => self.child(feed, reference, names),
        };
        let Some(relation) = relation else { return };
        match self.withheld(feed, reference, &relation, is_own) {
            Some(why) => feed.withheld.push((relation, why)),
            None => feed.children.push(relation),
        }
    }

    /// Why rows are better not shown within the entity, if so.
    fn withheld(&self, feed: &Feed, reference: &Reference, relation: &Relation, is_own: bool) -> Option<Withheld> {
        let phrases = &self.schema.phrases;
        let shown = relation.join.as_ref().map_or(relation.table, |join| join.table);
        if rank::is_of_people(&phrases[shown]) && !rank::is_of_people(&phrases[feed.table]) {
            return Some(Withheld::People);
        }
        match self.schema.rows_each(reference.from, feed.table) {
            _ if !relation.is_many => None,
            Some(each) => (each > MOST_ROWS_EACH).then_some(Withheld::TooMany(each)),
            // Nobody knows how many there are: what belongs to the entity is taken, what only mentions it is not.
            None => (!is_own && self.roles[reference.from] != Role::Link).then_some(Withheld::Unknown),
        }
    }

    fn child(&self, feed: &Feed, reference: &Reference, names: &mut Names) -> Option<Relation> {
        let from = reference.from;
        let table = self.schema.tables[from];
        let is_many = !self.schema.is_unique(from, &reference.columns);
        let key = table.primary_key.as_slice();
        let fields: Vec<ColumnField> = (0..table.columns.len())
            .filter(|number| !reference.columns.contains(number) && !is_change_time(&table.columns[*number]))
            // A key that only numbers the rows says nothing of a single one.
            .filter(|number| is_many || key != [*number])
            .filter_map(|number| {
                self.field(from, number, key.contains(&number) || self.schema.is_reference(from, number)).ok()
            })
            .filter(|field| !matches!(field.shown, Shown::Masked(_)))
            .take(MOST_OF_A_CHILD)
            .collect();
        if fields.is_empty() {
            return None;
        }
        let on = self.pairs(from, &reference.columns, feed.table, &reference.to_columns)?;
        let bare = bare_name(&table.name);
        let column = &self.schema.column(from, reference.columns[0]).name;
        let short = self.schema.short_name(from);
        let name = names.take_first(&[short.to_owned(), format!("{short}_by_{column}")]);
        Some(Relation {
            name,
            is_many,
            table: from,
            alias: alias(bare, &[self.own_alias(feed)]),
            on,
            join: None,
            order_by: if is_many { self.order(from, reference) } else { Vec::new() },
            element: Element::Fields(fields),
            guessed: guessed([reference]),
        })
    }

    /// What a link table leads to, with what it says of the tie.
    fn linked(&self, feed: &Feed, reference: &Reference, names: &mut Names) -> Option<Relation> {
        let link = reference.from;
        let mut sides = self.schema.references_of(link).filter(|side| side.columns != reference.columns);
        let (Some(other), None) = (sides.next(), sides.next()) else { return None };
        let target = self.schema.tables[other.to];
        let described = self.described(other.to, &other.to_columns, MOST_OF_A_TARGET);
        let own_alias = self.own_alias(feed);
        let link_bare = bare_name(self.schema.name(link));
        let link_alias = alias(link_bare, &[own_alias]);
        let link_name = link_alias.as_deref().unwrap_or(link_bare);
        let target_bare = bare_name(&target.name);
        let target_alias = alias(target_bare, &[own_alias, link_name]);
        let target_name = target_alias.clone().unwrap_or_else(|| target_bare.to_owned());

        let mut own = Names::default();
        let qualified = |field: ColumnField| ColumnField { column: format!("{target_name}.{}", field.column), ..field };
        let keys: Vec<ColumnField> =
            other.to_columns.iter().filter_map(|column| self.field(other.to, *column, true).ok()).collect();
        let mut fields: Vec<ColumnField> =
            keys.into_iter().chain(described.into_iter().flatten()).map(qualified).collect();
        fields.retain(|field| own.take(&field.name));
        let link_table = self.schema.tables[link];
        let said = (0..link_table.columns.len()).filter(|number| {
            let column = &link_table.columns[*number];
            let is_tie = self.schema.is_reference(link, *number) || link_table.primary_key == [*number];
            !is_tie && !is_change_time(column) && !is_creation_time(column)
        });
        let said = said.filter_map(|number| self.field(link, number, false).ok());
        let said: Vec<ColumnField> = said
            .filter(|field| !matches!(field.shown, Shown::Masked(_)))
            .filter(|field| own.take(&field.name))
            .collect();
        let is_list_of_names = self.roles[other.to] == Role::Lookup && said.is_empty() && fields.len() == 2;
        fields.extend(said);
        if fields.is_empty() {
            return None;
        }
        let on = self.pairs(link, &reference.columns, feed.table, &reference.to_columns)?;
        let join_on = self.pairs(other.to, &other.to_columns, link, &other.columns)?;
        let position = link_table.columns.iter().find(|column| is_position(column) && is_sayable(&column.name));
        let by_target =
            || target.primary_key.iter().map(|column| format!("{target_name}.{}", target.columns[*column].name));
        let order_by = match position {
            Some(position) => vec![position.name.clone()],
            None if is_list_of_names => vec![fields[1].column.clone()],
            None => by_target().collect(),
        };
        let by_column = without_key_word(&self.schema.column(link, other.columns[0]).name);
        let own_names = [other.to, link].map(|table| self.schema.short_name(table).to_owned());
        let name = names.take_first(&[&[by_column], &own_names[..]].concat());
        let element = if is_list_of_names { Element::Value(fields[1].column.clone()) } else { Element::Fields(fields) };
        let join = Join { table: other.to, alias: target_alias, on: join_on };
        Some(Relation {
            name,
            is_many: true,
            table: link,
            alias: link_alias,
            on,
            join: Some(join),
            order_by,
            element,
            guessed: guessed([reference, other]),
        })
    }

    /// What a person would want to read of a row: its names first, without what it is known by; none where nothing is left.
    fn described(&self, table: TableId, known: &[usize], most: usize) -> Option<Vec<ColumnField>> {
        let columns = &self.schema.tables[table].columns;
        let mut numbers: Vec<usize> =
            payload(self.schema, table).into_iter().filter(|number| !known.contains(number)).collect();
        numbers.retain(|number| {
            self.field(table, *number, false).is_ok_and(|field| !matches!(field.shown, Shown::Masked(_)))
        });
        // Of people their names are enough.
        if rank::is_of_people(&self.schema.phrases[table]) {
            numbers.retain(|number| label_rank(&columns[*number]).is_some());
        }
        numbers.sort_by_key(|number| (label_rank(&columns[*number]).unwrap_or(usize::MAX), *number));
        numbers.truncate(most);
        numbers.sort_unstable();
        let fields: Vec<ColumnField> =
            numbers.into_iter().filter_map(|number| self.field(table, number, false).ok()).collect();
        (!fields.is_empty()).then_some(fields)
    }

    /// The order of rows that belong to one: by their position, else by the rest of their key.
    fn order(&self, table: TableId, reference: &Reference) -> Vec<String> {
        let found = self.schema.tables[table];
        let position = (0..found.columns.len())
            .find(|number| is_position(&found.columns[*number]) && !self.schema.is_reference(table, *number));
        let key = found.primary_key.iter().copied().filter(|column| !reference.columns.contains(column));
        let columns = position.map_or_else(|| key.collect::<Vec<_>>(), |position| vec![position]);
        columns.into_iter().map(|column| found.columns[column].name.clone()).filter(|name| is_sayable(name)).collect()
    }

    /// Pairs of `on`; none where a column has a name that a feed file cannot say.
    fn pairs(
        &self,
        left: TableId,
        columns: &[usize],
        right: TableId,
        equal: &[usize],
    ) -> Option<Vec<(String, String)>> {
        let name = |table: TableId, column: usize| {
            Some(self.schema.column(table, column).name.clone()).filter(|name| is_sayable(name))
        };
        columns.iter().zip(equal).map(|(column, equals)| Some((name(left, *column)?, name(right, *equals)?))).collect()
    }

    fn own_alias<'a>(&'a self, feed: &'a Feed) -> &'a str {
        feed.alias.as_deref().unwrap_or_else(|| bare_name(self.schema.name(feed.table)))
    }
}

fn guessed<const N: usize>(references: [&Reference; N]) -> Vec<Reference> {
    references.into_iter().filter(|reference| reference.guessed).cloned().collect()
}
