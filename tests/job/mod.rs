//! The whole job: the real binary against real servers, with all that goes wrong between them.

mod actor;
mod at_once;
mod copies;
mod eight_writers;
mod killed;
mod large;
mod local_trouble;
mod main_job;
mod misbehaviour;
mod place;
mod restored;
mod second_opinion;
mod skopeo;
mod story;
mod team;
mod theft;
