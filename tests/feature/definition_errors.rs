//! Every kind of broken definition, with the message a person gets.
