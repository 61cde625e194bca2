//! The whole job: the real binary against real servers, with all that goes wrong between them.

mod actor;
mod copies;
mod main_job;
mod place;
mod second_opinion;
mod skopeo;
