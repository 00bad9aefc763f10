//! A definition and the source's catalog -> a plan: per level the SQL of one pass per batch, and what feedmill computes
//! over its rows. Pure.
