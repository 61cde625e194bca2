use std::io;

use manifesto::report::{Doctor, Finding, Report};

use super::{Render, Streams, line::columns};
use crate::exit::Exit;

impl Render for Report<Doctor> {
    fn text(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        for check in &self.checks {
            let mark = match check.finding {
                Finding::Right => "right",
                Finding::Doubtful => "doubt",
                Finding::Wrong => "WRONG",
            };
            columns(streams.out, "", &[[mark.to_owned(), check.check.replace('_', " "), check.detail.to_string()]])?;
            if let Some(advice) = &check.advice {
                writeln!(streams.out, "       {advice}")?;
            }
        }
        Ok(())
    }

    fn exit(&self) -> Exit {
        let wrong = self.checks.iter().any(|check| check.finding == Finding::Wrong);
        if wrong { Exit::Usage } else { Exit::Done }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use manifesto::report::Check;

    use super::*;
    use crate::render::examples::{checked, text};

    #[test]
    fn says_what_to_do_about_what_is_wrong() {
        let check = |finding, detail: &str, advice: Option<&str>| Check {
            check: "key_store",
            finding,
            detail: detail.into(),
            advice: advice.map(Into::into),
        };
        let mut checks = vec![check(Finding::Right, "OS keyring, unlocked", None)];
        let doctor = |checks| Report::new(checked(), Doctor { checks });
        assert_eq!(doctor(checks.clone()).exit(), Exit::Done);
        checks.push(check(Finding::Wrong, "no Secret Service", Some("Choose --key-store file:DIR.")));
        let report = doctor(checks);
        assert_eq!(report.exit(), Exit::Usage);
        assert_snapshot!(text(&report), @r"
        1> right  key store  OS keyring, unlocked
        1> WRONG  key store  no Secret Service
        1>        Choose --key-store file:DIR.
        ");
    }
}
