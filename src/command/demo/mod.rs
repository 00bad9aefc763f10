mod consumer;
mod shop;
