//! Arrays of the same row: their parts, and the fields that they take of other arrays.

use super::compile::Compiler;
use super::draft::Place;
use super::fields::flatten;
use super::level::{ArrayPlan, Condition, ElementsPlan, Member, MemberValue, PartPlan, SplitPlan, Taken};
use super::names::Meant;
use crate::definition::feed::{Array, Element, Elements, Field, FieldValue, From, Object, Relation, Split};
use crate::definition::problem::Located;
use crate::expression::Expression;
use crate::source::SourceError;

impl<'d> Compiler<'d> {
    /// Plans what lies within an array, as [`plan_field`](Self::plan_field) does. `label` stands for the array among the
    /// objects.
    pub fn plan_array(
        &mut self,
        array: &'d Array,
        label: &'d str,
        own: &Place<'d>,
        path: &[&'d str],
        shown: bool,
    ) -> Result<(), SourceError> {
        let within = own.within(label);
        match &array.elements {
            Elements::Parts(inner) | Elements::List(inner) => {
                for field in inner {
                    self.plan_field(field, &within.element(array, field), path, shown)?;
                }
            }
            Elements::Split(split) => {
                self.split(split, own);
            }
            Elements::Attributes(list) => {
                self.attributes(list, own, path);
            }
            Elements::From(from) if shown => {
                for source in self.sources_of(from, own) {
                    if let FieldValue::Relation(relation) = &source.field.value {
                        self.attach(source.field, relation, &source.place, &source.document)?;
                    }
                }
            }
            Elements::From(_) => {}
        }
        Ok(())
    }

    pub fn array_plan(
        &mut self,
        array: &'d Array,
        label: &'d str,
        own: &Place<'d>,
        path: &[&'d str],
    ) -> Option<ArrayPlan> {
        let within = own.within(label);
        let parts = match &array.elements {
            Elements::Parts(parts) => {
                let mut planned = Vec::new();
                for part in parts {
                    planned.extend(self.part(part, &within.element(array, part), path)?);
                }
                planned
            }
            Elements::List(list) => {
                let members: Option<Vec<Member>> =
                    list.iter().map(|field| self.element(field, &within.element(array, field), path)).collect();
                vec![PartPlan::always(ElementsPlan::Made { keep: None, members: members? })]
            }
            Elements::Split(split) => vec![PartPlan::always(ElementsPlan::Split(Box::new(self.split(split, own)?)))],
            Elements::Attributes(list) => {
                vec![PartPlan::always(ElementsPlan::Attributes(Box::new(self.attributes(list, own, path)?)))]
            }
            Elements::From(from) => self.from(from, own)?,
        };
        Some(ArrayPlan { parts, empty_null: array.empty_null })
    }

    /// What one part comes to: several where it takes fields of an array of several.
    fn part(&mut self, part: &'d Field, own: &Place<'d>, path: &[&'d str]) -> Option<Vec<PartPlan>> {
        let mut planned = match &part.value {
            FieldValue::Scalar(_) => return None,
            FieldValue::Relation(_) => {
                let number = self.written_relation(part, own.depth)?;
                // Its level takes care of the condition.
                return Some(vec![PartPlan::always(ElementsPlan::Relation(number))]);
            }
            FieldValue::Object(object) => {
                let within = own.within(&part.name.value);
                let members = self.plan_members(&object.fields, &within, "fields", path);
                let member = Member::element(MemberValue::Object(members));
                vec![PartPlan::always(self.made(object, &within, vec![member])?)]
            }
            FieldValue::Array(array) => self.array_plan(array, &part.name.value, own, path)?.parts,
        };
        let when = part.when.as_ref().map(|when| self.condition(when, &own.key("when")));
        if let Some(when) = flatten(when)? {
            planned.iter_mut().for_each(|part| part.whens.insert(0, when.clone()));
        }
        Some(planned)
    }

    fn made(&mut self, object: &'d Object, within: &Place<'d>, members: Vec<Member>) -> Option<ElementsPlan> {
        let keep = object.keep.as_ref().map(|keep| self.condition(keep, &within.key("keep")));
        Some(ElementsPlan::Made { keep: flatten(keep)?, members })
    }

    /// An element of a list. Its fields stand in the document where the array stands.
    fn element(&mut self, field: &'d Field, own: &Place<'d>, path: &[&'d str]) -> Option<Member> {
        let Member { when, value, .. } = self.member(field, own, path)?;
        Some(Member { when, ..Member::element(value) })
    }

    fn split(&mut self, split: &'d Split, own: &Place<'d>) -> Option<SplitPlan> {
        let text = self.resolve(&own.key("split"), &split.text.value.0, &split.text.span, Meant::Key);
        let piece = self.scalar_of(&split.piece, own, text.as_ref());
        Some(SplitPlan { text: text?.seen_from(own.depth), by: split.by.clone(), piece: piece? })
    }

    /// A field of each element of another array, part by part.
    fn from(&mut self, from: &'d From, own: &Place<'d>) -> Option<Vec<PartPlan>> {
        let name = from.field.value.as_str();
        let mut parts = Vec::new();
        for source in self.sources_of(from, own) {
            let mut whens = Vec::new();
            for (when, place) in &source.whens {
                whens.push(self.condition(when, &place.key("when"))?);
            }
            let elements = match &source.field.value {
                FieldValue::Relation(_) => {
                    let child = self.relations.get(&std::ptr::from_ref(source.field))?.number;
                    let taken = &self.levels[own.depth].children[child].level.taken;
                    let taken = taken.iter().position(|taken| taken.name == name)?;
                    ElementsPlan::Taken { child, taken }
                }
                FieldValue::Object(object) => {
                    let within = source.place.within(&source.field.name.value);
                    let member = self.field_taken(&object.fields, name, &within)?;
                    self.made(object, &within, vec![member])?
                }
                FieldValue::Scalar(_) | FieldValue::Array(_) => return None,
            };
            parts.push(PartPlan { whens, elements });
        }
        Some(parts)
    }

    /// One of `fields` as an element of another array.
    fn field_taken(&mut self, fields: &'d [Field], name: &str, within: &Place<'d>) -> Option<Member> {
        let field = fields.iter().find(|field| field.name.value == name)?;
        let own = within.field("fields", name);
        if field.hidden {
            let planned = self.plan_field(field, &own, &[], true);
            self.or_fail(planned)?;
        }
        self.element(field, &own, &[])
    }

    /// The fields that other arrays take of a relation's elements.
    pub fn taken(
        &mut self,
        field: &'d Field,
        relation: &'d Relation,
        within: &Place<'d>,
    ) -> Result<Vec<Taken>, SourceError> {
        let names = self.taken.get(&std::ptr::from_ref(field)).cloned().unwrap_or_default();
        let Element::Object(fields) = &relation.element else { return Ok(Vec::new()) };
        let mut taken = Vec::new();
        for name in names {
            let member = self.field_taken(fields, name, within);
            taken.extend(member.map(|member| Taken { name: name.to_owned(), member }));
        }
        Ok(taken)
    }

    /// Notes which fields are taken of the relations of a level, before any of them is planned.
    pub fn note_taken(&mut self, depth: usize) {
        let mut noted = Vec::new();
        let level = &self.levels[depth];
        let inside = Place { objects: Vec::new(), ..level.place.clone() };
        let values = level.value.map(|value| (value, &inside));
        for (field, place) in level.entries.iter().map(|entry| (entry.field, &entry.place)).chain(values) {
            let FieldValue::Array(Array { elements: Elements::From(from), .. }) = &field.value else { continue };
            noted.extend(self.sources_of(from, place).into_iter().map(|source| (source.field, from)));
        }
        for (field, from) in noted {
            let names = self.taken.entry(std::ptr::from_ref(field)).or_default();
            if !names.contains(&from.field.value.as_str()) {
                names.push(&from.field.value);
            }
        }
    }

    /// The relations and objects that give the elements of the array that `from` names, in order.
    fn sources_of(&self, from: &From, place: &Place<'d>) -> Vec<Source<'d>> {
        let level = &self.levels[place.depth];
        let name = &from.array.value.0;
        let entry = (0..=place.objects.len()).rev().find_map(|outer| level.named(&place.objects[..outer], name));
        let Some(entry) = entry.map(|entry| &level.entries[entry]) else { return Vec::new() };
        let own = Source {
            field: entry.field,
            place: entry.place.clone(),
            document: entry.document.clone(),
            whens: entry.whens.clone(),
        };
        let mut sources = Vec::new();
        own.add_to(&mut sources);
        sources
    }
}

/// A field that gives elements of an array.
struct Source<'d> {
    field: &'d Field,
    place: Place<'d>,
    document: Vec<&'d str>,
    whens: Vec<(&'d Located<Expression>, Place<'d>)>,
}

impl<'d> Source<'d> {
    fn add_to(mut self, sources: &mut Vec<Source<'d>>) {
        let FieldValue::Array(array) = &self.field.value else {
            // A relation's level takes care of its own condition.
            if let (FieldValue::Object(_), Some(when)) = (&self.field.value, &self.field.when) {
                self.whens.push((when, self.place.clone()));
            }
            return sources.push(self);
        };
        let (Elements::Parts(inner) | Elements::List(inner)) = &array.elements else { return };
        self.whens.extend(self.field.when.as_ref().map(|when| (when, self.place.clone())));
        let within = self.place.within(&self.field.name.value);
        for field in inner {
            let place = within.element(array, field);
            let source = Source { field, place, document: self.document.clone(), whens: self.whens.clone() };
            source.add_to(sources);
        }
    }
}

impl PartPlan {
    fn always(elements: ElementsPlan) -> Self {
        PartPlan { whens: Vec::<Condition>::new(), elements }
    }
}
